internal import Mustache

/// The pages that mails are set in: Korean first, then English. Everything that is put in is escaped by Mustache.
///
/// Mail programs know little of CSS: tables, styles in place, system fonts. Those that know `prefers-color-scheme` show
/// dark pages; a QR code stays black on white.
enum Frame {
    private static let htmlTemplate = template(
        """
        <!DOCTYPE html>
        <html lang="ko">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="supported-color-schemes" content="light dark">
        <title>{{subject}}</title>
        <style>
        @media (prefers-color-scheme: dark) {
          .page { background: #15171c !important; }
          .card { background: #1f232b !important; border-color: #343a46 !important; }
          .ink { color: #f1f3f7 !important; }
          .dim { color: #a6aebb !important; }
          .line { border-color: #343a46 !important; }
          .tile { background: #272c36 !important; }
          .brand, .link { color: #9db8ff !important; }
        }
        </style>
        </head>
        <body class="page" style="margin:0;padding:0;background:#f3f4f7;">
        <table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f4f7;">
        <tr><td align="center" style="padding:24px 12px;">
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;word-break:keep-all;overflow-wrap:break-word;font-family:-apple-system,BlinkMacSystemFont,'Segoe UI','Apple SD Gothic Neo','Malgun Gothic','Noto Sans KR',Roboto,sans-serif;">
        <tr><td class="brand" style="padding:0 4px 14px;font-size:18px;font-weight:700;color:#2f4fc4;">자리 Jari</td></tr>
        {{#parts}}
        <tr><td lang="{{lang}}" class="card" style="background:#ffffff;border:1px solid #e0e3ea;border-radius:14px;padding:26px 24px;">
        <h1 class="ink" style="margin:0 0 10px;font-size:21px;line-height:1.35;color:#15171c;">{{heading}}</h1>
        <p class="ink" style="margin:0 0 18px;font-size:15px;line-height:1.6;color:#15171c;">{{lead}}</p>
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="font-size:15px;line-height:1.5;">
        {{#facts}}
        <tr>
        <td class="dim line" width="80" valign="top" style="padding:8px 12px 8px 0;border-top:1px solid #e8eaf0;color:#5b6472;white-space:nowrap;">{{label}}</td>
        <td class="ink line" valign="top" style="padding:8px 0;border-top:1px solid #e8eaf0;color:#15171c;">{{value}}</td>
        </tr>
        {{/facts}}
        </table>
        {{#lists}}
        <h2 class="ink" style="margin:22px 0 10px;font-size:16px;color:#15171c;">{{heading}}</h2>
        {{#seats}}
        <table role="presentation" class="tile" width="100%" cellpadding="0" cellspacing="0" style="margin:0 0 10px;background:#f6f7fa;border-radius:12px;">
        <tr>
        <td style="padding:12px 14px;">
        <div class="ink" style="font-size:16px;font-weight:600;line-height:1.4;color:#15171c;">{{place}}</div>
        <div class="dim" style="font-size:14px;line-height:1.5;color:#5b6472;">{{grade}} · {{price}}{{#state}} · {{state}}{{/state}}</div>
        </td>
        </tr>
        {{#qr}}
        <tr>
        <td align="center" style="padding:2px 14px 14px;">
        <img src="cid:{{qr}}" width="212" height="212" alt="QR {{code}}" style="display:block;border-radius:10px;background:#ffffff;">
        <div class="dim" style="margin-top:8px;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:11px;line-height:1.45;color:#5b6472;word-break:break-all;">{{code}}</div>
        </td>
        </tr>
        {{/qr}}
        </table>
        {{/seats}}
        {{/lists}}
        {{#link}}
        <p style="margin:18px 0 0;font-size:15px;"><a class="link" href="{{link}}" style="color:#2f4fc4;font-weight:600;">{{linkText}}</a></p>
        {{/link}}
        {{#notes}}
        <p class="dim" style="margin:14px 0 0;font-size:13px;line-height:1.6;color:#5b6472;">{{.}}</p>
        {{/notes}}
        </td></tr>
        <tr><td style="height:14px;line-height:14px;font-size:14px;">&nbsp;</td></tr>
        {{/parts}}
        <tr><td class="dim" style="padding:0 4px;font-size:12px;line-height:1.6;color:#6b7482;">이 메일은 자리가 자동으로 보냈습니다. · Jari sent this mail automatically.</td></tr>
        </table>
        </td></tr>
        </table>
        </body>
        </html>

        """)

    private static let textTemplate = template(
        """
        {{% CONTENT_TYPE:TEXT}}
        {{#parts}}
        {{heading}}

        {{lead}}

        {{#facts}}
        {{label}}: {{value}}
        {{/facts}}
        {{#lists}}

        {{heading}}
        {{#seats}}
        - {{place}} · {{grade}} · {{price}}{{#state}} · {{state}}{{/state}}{{#qr}} · {{code}}{{/qr}}
        {{/seats}}
        {{/lists}}
        {{#link}}

        {{linkText}}: {{link}}
        {{/link}}
        {{#notes}}

        {{.}}
        {{/notes}}

        --------

        {{/parts}}
        이 메일은 자리가 자동으로 보냈습니다. Jari sent this mail automatically.

        """)

    static func html(_ page: [String: Any]) -> String { htmlTemplate.render(page) }
    static func text(_ page: [String: Any]) -> String { textTemplate.render(page) }

    /// Words, which are plain text: the frame escapes what comes of them.
    static func words(_ words: String, _ values: [String: Any]) -> String {
        template("{{% CONTENT_TYPE:TEXT}}" + words).render(values)
    }

    private static func template(_ text: String) -> MustacheTemplate {
        do {
            return try MustacheTemplate(string: text)
        } catch {
            preconditionFailure("a template that cannot be read: \(error)")
        }
    }
}
