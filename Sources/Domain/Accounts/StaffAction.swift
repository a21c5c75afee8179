/// Something that a member of staff did: who, what, to what, when and why. Inserted in the transaction that did it, and
/// never changed or removed afterwards.
public struct StaffAction: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case concertCreated = "concert.created"
        case concertChanged = "concert.changed"
        case concertDeleted = "concert.deleted"
        case dateCreated = "date.created"
        case dateChanged = "date.changed"
        case dateDeleted = "date.deleted"
        case layoutReplaced = "layout.replaced"
        case seatsBlocked = "seats.blocked"
        case seatsUnblocked = "seats.unblocked"
        case queueChanged = "queue.changed"
        case queuePaused = "queue.paused"
        case queueResumed = "queue.resumed"
        case paymentRefunded = "payment.refunded"
        /// They stopped waiting for the gateway's word.
        case paymentLetGo = "payment.letGo"
        /// They gave back what the gateway refused to.
        case refundSettled = "refund.settled"
        case ticketCheckedIn = "ticket.checkedIn"
        case roleChanged = "role.changed"
        case webhookCreated = "webhook.created"
        case webhookChanged = "webhook.changed"
        case webhookDeleted = "webhook.deleted"
        case webhookSecretRotated = "webhook.secretRotated"
        /// The program did it, since nothing could be delivered; it stands in the name of the endpoint's owner.
        case webhookDisabled = "webhook.disabled"
        case webhookReplayed = "webhook.replayed"
    }

    public let id: ID<StaffAction>
    public let kind: Kind
    /// What it was done to: a concert, a date, a payment, a refund, a ticket, a user, a webhook or a delivery of one.
    public let subjectID: ID<Subject>
    public let staffID: UserID
    /// Why, in the words of whoever did it.
    public let reason: String?
    /// What the kind alone does not tell, such as the new role.
    public let detail: String?
    public let at: Timestamp

    /// Stands for the type of whatever was acted on.
    public enum Subject {}

    public init(
        id: ID<StaffAction>, kind: Kind, subjectID: ID<Subject>, staffID: UserID, reason: String? = nil,
        detail: String? = nil, at: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.subjectID = subjectID
        self.staffID = staffID
        self.reason = reason
        self.detail = detail
        self.at = at
    }
}
