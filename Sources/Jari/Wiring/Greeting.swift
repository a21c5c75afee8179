/// What `jari serve` prints once it takes connections.
struct Greeting {
    let settings: Settings
    let port: Int
    /// Where cards are paid with that are none.
    let sandbox: String?
    /// Its key, if it made one: `jari reconcile` needs it. Nil when whoever started us knows it.
    let madeSandboxKey: String?
    let demoIsNew: Bool

    func say() {
        let address = "http://\(settings.host):\(port)"
        print("Jari is selling at \(address)  (stop with Ctrl-C)")
        print("  buy seats    \(address)/")
        print("  staff        \(address)/staff")
        print("  API          \(address)/docs")
        print("  store        \(settings.storeName)")
        if let sandbox { print("  test cards   \(sandbox)/checkout") }
        if let madeSandboxKey { print("  sandbox key  \(madeSandboxKey)") }
        if settings.demo {
            print("  demo fan     \(DemoConcerts.fan.email) / \(DemoConcerts.fan.password)")
            print("  demo staff   \(DemoConcerts.staff.email) / \(DemoConcerts.staff.password)")
        }
        if demoIsNew { print("  Two demo concerts were added. Set JARI_DEMO=false to start without them.") }
        flushOutput()
    }
}
