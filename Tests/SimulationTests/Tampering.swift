/// A rule broken on purpose, to see that the simulation finds it.
enum Tampering: String, CaseIterable, Sendable {
    /// A hold protects its seat at its deadline too.
    case deadlineIsInclusive
    /// A seat is free a millisecond before its hold's deadline.
    case deadlineIsEarly
    /// A reservation is shown its seats as its own even when another has claimed them since.
    case fenceIsSkipped
    /// Idempotency records are lost, so that a commit whose outcome was unknown is applied twice.
    case recordsAreLost
    /// Some commits are acknowledged and not saved.
    case commitsAreLost
    /// Some commits save everything but the tickets.
    case commitsAreTorn
    /// Some batches decide on the rows of before the last commit.
    case readsAreStale
    /// What is owed to a card is not saved.
    case refundsAreLost
    /// Seats that were taken again keep the fences of the hold that had gone.
    case fencesStayOld
    /// The sweeper overlooks holds that wait for a card.
    case confirmedHoldsAreNotSwept
    /// What moves between the house's accounts is not saved.
    case houseTransfersAreLost
    /// Every row that an acknowledged commit saved is gone after a crash, back to some commits ago.
    case crashesLoseCommits
}
