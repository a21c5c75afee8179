internal import Domain

/// A value that a ``PreparedStatement`` can be given.
protocol Bindable {
    func bind(to target: inout BindingTarget)
}

extension ID: Bindable {
    @inline(__always)
    func bind(to target: inout BindingTarget) { withBytes { target.bind(blob: $0) } }
}

extension Digest: Bindable {
    func bind(to target: inout BindingTarget) { withBytes { target.bind(blob: $0) } }
}

extension [UInt8]: Bindable {
    func bind(to target: inout BindingTarget) { withUnsafeBytes { target.bind(blob: $0) } }
}

extension String: Bindable {
    @inline(__always)
    func bind(to target: inout BindingTarget) {
        var text = self
        text.withUTF8 { target.bind(text: UnsafeRawBufferPointer($0)) }
    }
}

extension Int: Bindable {
    @inline(__always)
    func bind(to target: inout BindingTarget) { target.bind(Int64(self)) }
}

extension Int64: Bindable {
    @inline(__always)
    func bind(to target: inout BindingTarget) { target.bind(self) }
}

extension Double: Bindable {
    func bind(to target: inout BindingTarget) { target.bind(self) }
}

extension Bool: Bindable {
    func bind(to target: inout BindingTarget) { target.bind(Int64(self ? 1 : 0)) }
}

extension Won: Bindable {
    @inline(__always)
    func bind(to target: inout BindingTarget) { target.bind(amount) }
}

extension Timestamp: Bindable {
    @inline(__always)
    func bind(to target: inout BindingTarget) { target.bind(milliseconds) }
}

extension Optional: Bindable where Wrapped: Bindable {
    @inline(__always)
    func bind(to target: inout BindingTarget) {
        switch self {
        case .some(let value): value.bind(to: &target)
        case .none: target.bindNull()
        }
    }
}

/// States are kept as the words that the API shows, so that a person reading the file understands them.
extension Bindable where Self: RawRepresentable, RawValue == String {
    @inline(__always)
    func bind(to target: inout BindingTarget) { rawValue.bind(to: &target) }
}

extension Concert.Status: Bindable {}
extension Event.Kind: Bindable {}
extension Payment.Method: Bindable {}
extension Payment.Status: Bindable {}
extension Refund.Status: Bindable {}
extension Reservation.Status: Bindable {}
extension SeatState: Bindable {}
extension StaffAction.Kind: Bindable {}
extension Ticket.Status: Bindable {}
extension Transfer.Kind: Bindable {}
extension User.Role: Bindable {}

extension ID {
    /// Greater than every id that is made: where the first page of a descending list begins.
    static var greatest: Self { Self(high: .max, low: .max) }
    /// Less than every id that is made: where the first page of an ascending list begins.
    static var least: Self { Self(high: 0, low: 0) }
}
