internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Metrics
internal import Ports

/// All calls of the API, like a table of contents. `openapi.yml` says the same, and tests compare the two.
struct Routes {
    private let logger: Logger
    private let limits: RateLimits
    private let pages: PageRoutes
    private(set) var endpoints: [Endpoint] = []

    /// - Parameter pages: The files of `Web/`, or nil to answer without pages.
    init(_ parts: APIDependencies, operations: OperationRoutes, pages: WebFiles?) {
        logger = parts.logger
        self.pages = PageRoutes(files: pages)
        limits = parts.limits
        addAccounts(AccountRoutes(parts), PointsRoutes(parts))
        addCatalog(CatalogRoutes(parts), SeatRoutes(parts), EventStreamRoutes(parts))
        addSales(QueueRoutes(parts), ReservationRoutes(parts))
        addMoney(PaymentRoutes(parts), RefundRoutes(parts), PaymentWebhookRoutes(parts))
        addTickets(TicketRoutes(parts))
        addCheckout(CheckoutPages(checkoutPage: parts.checkoutPage))
        addStaff(StaffCatalogRoutes(parts), StaffSaleRoutes(parts), StaffAccountRoutes(parts))
        addStaffMoney(StaffPaymentRoutes(parts))
        addStaffSales(StaffSeatRoutes(parts), StaffReservationRoutes(parts))
        addWebhooks(WebhookRoutes(parts))
        addPages()
        addOperations(operations)
    }

    private mutating func addAccounts(_ accounts: AccountRoutes, _ points: PointsRoutes) {
        add(.post, "/api/v1/users", accounts.register)
        add(.get, "/api/v1/users/me", accounts.me)
        add(.post, "/api/v1/sessions", accounts.logIn)
        add(.post, "/api/v1/sessions/refresh", accounts.refresh)
        add(.delete, "/api/v1/sessions", accounts.logOut)
        add(.get, "/api/v1/users/points", points.balance)
        add(.post, "/api/v1/users/points", points.charge)
        add(.get, "/api/v1/users/points/history", points.history)
    }

    private mutating func addCatalog(_ catalog: CatalogRoutes, _ seats: SeatRoutes, _ events: EventStreamRoutes) {
        add(.get, "/api/v1/concerts", catalog.concerts)
        add(.get, "/api/v1/concerts/{id}", catalog.concert)
        add(.get, "/api/v1/concerts/{id}/dates", catalog.dates)
        add(.get, "/api/v1/dates/{id}", catalog.date)
        add(.get, "/api/v1/dates/{id}/seats", seats.seats)
        add(.get, "/api/v1/dates/{id}/seatmap", seats.layout)
        add(.get, "/api/v1/dates/{id}/seats/status", seats.status)
        add(.get, "/api/v1/dates/{id}/events", isStream: true, events.events)
    }

    private mutating func addSales(_ queue: QueueRoutes, _ reservations: ReservationRoutes) {
        add(.post, "/api/v1/queue/token", queue.join)
        add(.get, "/api/v1/queue/token", queue.poll)
        add(.delete, "/api/v1/queue/token", queue.leave)
        add(.get, "/api/v1/dates/{id}/queue", queue.figures)
        add(.post, "/api/v1/reservations", reservations.hold)
        add(.get, "/api/v1/reservations", reservations.list)
        add(.get, "/api/v1/reservations/{id}", reservations.show)
        add(.delete, "/api/v1/reservations/{id}", reservations.release)
    }

    private mutating func addMoney(
        _ payments: PaymentRoutes, _ refunds: RefundRoutes, _ webhooks: PaymentWebhookRoutes
    ) {
        add(.post, "/api/v1/reservations/{id}/payments", payments.pay)
        add(.get, "/api/v1/payments/{id}", payments.show)
        add(.post, "/api/v1/payments/{id}/confirm", payments.confirm)
        add(.post, "/api/v1/payments/{id}/refunds", refunds.refund)
        add(.post, "/api/v1/webhooks/payments", webhooks.receive)
    }

    private mutating func addCheckout(_ pages: CheckoutPages) {
        add(.get, "/checkout", pages.checkout)
        for file in CheckoutPages.files {
            add(.get, "/checkout/assets/\(file)") { _, _ in try pages.asset(file) }
        }
    }

    private mutating func addPages() {
        let pages = pages
        for path in PageRoutes.fanPaths { add(.get, path, pages.fan) }
        add(.get, PageRoutes.staffPath, coversSubtree: true, pages.staff)
        add(.get, PageRoutes.assetsPath, coversSubtree: true, pages.asset)
    }

    private mutating func addTickets(_ tickets: TicketRoutes) {
        add(.get, "/api/v1/ticket-keys", tickets.keys)
        add(.get, "/api/v1/tickets", tickets.list)
        add(.get, "/api/v1/tickets/{id}", tickets.show)
        add(.get, "/api/v1/tickets/{id}/qr.svg", tickets.qr)
        add(.post, "/api/v1/checkins", tickets.checkIn)
    }

    private mutating func addStaff(
        _ catalog: StaffCatalogRoutes, _ sales: StaffSaleRoutes, _ accounts: StaffAccountRoutes
    ) {
        add(.get, "/api/v1/admin/concerts", catalog.concerts)
        add(.post, "/api/v1/admin/concerts", catalog.createConcert)
        add(.get, "/api/v1/admin/concerts/{id}", catalog.concert)
        add(.put, "/api/v1/admin/concerts/{id}", catalog.changeConcert)
        add(.delete, "/api/v1/admin/concerts/{id}", catalog.deleteConcert)
        add(.get, "/api/v1/admin/concerts/{id}/dates", catalog.dates)
        add(.post, "/api/v1/admin/concerts/{id}/dates", catalog.createDate)
        add(.get, "/api/v1/admin/dates/{id}", catalog.date)
        add(.put, "/api/v1/admin/dates/{id}", catalog.changeDate)
        add(.delete, "/api/v1/admin/dates/{id}", catalog.deleteDate)
        add(.get, "/api/v1/admin/dates/{id}/layout", catalog.layout)
        add(.put, "/api/v1/admin/dates/{id}/layout", catalog.replaceLayout)
        add(.get, "/api/v1/admin/dates/{id}/queue", sales.settings)
        add(.put, "/api/v1/admin/dates/{id}/queue", sales.changeSettings)
        add(.post, "/api/v1/admin/dates/{id}/queue/pause", sales.pause)
        add(.post, "/api/v1/admin/dates/{id}/queue/resume", sales.resume)
        add(.get, "/api/v1/admin/dates/{id}/sales", sales.sales)
        add(.put, "/api/v1/admin/users/{id}/role", accounts.setRole)
        add(.get, "/api/v1/admin/audit-log", accounts.auditLog)
    }

    private mutating func addStaffMoney(_ payments: StaffPaymentRoutes) {
        add(.post, "/api/v1/admin/payments/{id}/resolve", payments.resolve)
        add(.post, "/api/v1/admin/refunds/{id}/settle", payments.settle)
    }

    private mutating func addStaffSales(_ seats: StaffSeatRoutes, _ reservations: StaffReservationRoutes) {
        add(.post, "/api/v1/admin/dates/{id}/seats/block", seats.block)
        add(.post, "/api/v1/admin/dates/{id}/seats/unblock", seats.unblock)
        add(.get, "/api/v1/admin/reservations", reservations.list)
        add(.post, "/api/v1/admin/reservation-searches", reservations.search)
        add(.get, "/api/v1/admin/reservations/{id}", reservations.show)
    }

    private mutating func addWebhooks(_ webhooks: WebhookRoutes) {
        add(.get, "/api/v1/admin/webhooks", webhooks.list)
        add(.post, "/api/v1/admin/webhooks", webhooks.create)
        add(.get, "/api/v1/admin/webhooks/{id}", webhooks.show)
        add(.put, "/api/v1/admin/webhooks/{id}", webhooks.change)
        add(.delete, "/api/v1/admin/webhooks/{id}", webhooks.delete)
        add(.post, "/api/v1/admin/webhooks/{id}/secret", webhooks.rotateSecret)
        add(.post, "/api/v1/admin/webhooks/{id}/test", webhooks.test)
        add(.get, "/api/v1/admin/webhooks/{id}/deliveries", webhooks.deliveries)
        add(.get, "/api/v1/admin/webhook-deliveries/{id}", webhooks.delivery)
        add(.post, "/api/v1/admin/webhook-deliveries/{id}/replay", webhooks.replay)
    }

    private mutating func addOperations(_ operations: OperationRoutes) {
        add(.get, "/healthz", operations.health)
        add(.get, "/readyz", operations.readiness)
        add(.get, "/metrics", operations.metrics)
        add(.get, "/openapi.yml", operations.contract)
        add(.get, "/docs", operations.docs)
        for file in OperationRoutes.docsFiles {
            add(.get, "/docs/assets/\(file)") { _, _ in try await operations.docsAsset(file) }
        }
    }

    private mutating func add(
        _ method: HTTPRequest.Method, _ path: String, isStream: Bool = false, coversSubtree: Bool = false,
        _ handler: @Sendable @escaping (Request, APIContext) async throws -> Response
    ) {
        endpoints.append(
            Endpoint(
                method: method, path: path, isStream: isStream, coversSubtree: coversSubtree, logger: logger,
                handler: handler))
    }

    func responder(peers: PeerBook) -> APIResponder {
        APIResponder(endpoints: endpoints, pages: pages, limits: limits, peers: peers, logger: logger)
    }
}
