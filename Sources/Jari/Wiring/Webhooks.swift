internal import Engine
internal import Logging
internal import Ports
internal import WebhooksHTTP

/// The parts that tell organisers what happens.
struct Webhooks {
    let fanOut: WebhookFanOut
    let desk: WebhookDesk
    let sender: WebhookSender

    init(
        settings: Settings, opened: OpenStore, leases: any Leases, clock: any WallClock, ids: IDMint, logger: Logger
    ) {
        let nudge = WakeUp()
        fanOut = WebhookFanOut(
            store: opened.store, webhooks: opened.webhooks, clock: clock, ids: ids, nudge: nudge)
        desk = WebhookDesk(
            store: opened.store, webhooks: opened.webhooks, fanOut: fanOut, clock: clock, ids: ids, nudge: nudge,
            allowsPrivateTargets: settings.webhookPrivateTargets)
        sender = WebhookSender(
            store: opened.webhooks, transport: HTTPWebhooks(allowsPrivateTargets: settings.webhookPrivateTargets),
            leases: leases, clock: clock, ids: ids, nudge: nudge, logger: logger)
    }
}
