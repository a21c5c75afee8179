/// The languages in which concerts are described. Korean first: it is what is shown when a client names neither.
public enum Language: String, CaseIterable, Sendable {
    case ko, en
}

/// A text that people read, in Korean and English. An empty English text falls back to the Korean one.
public struct LocalizedText: Hashable, Sendable {
    public var ko: String
    public var en: String

    public init(ko: String, en: String) {
        self.ko = ko
        self.en = en
    }

    public subscript(language: Language) -> String {
        switch language {
        case .ko: ko.isEmpty ? en : ko
        case .en: en.isEmpty ? ko : en
        }
    }
}
