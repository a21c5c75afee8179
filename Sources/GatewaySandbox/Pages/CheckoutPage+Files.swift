extension CheckoutPage {
    /// Puts a test card's number into the field.
    static let script = """
        "use strict";
        const field = document.getElementById("cardNumber");
        for (const button of document.querySelectorAll(".test-card")) {
          button.addEventListener("click", () => {
            field.value = button.dataset.number;
            field.focus();
            field.scrollIntoView({ block: "center", behavior: "smooth" });
          });
        }

        """

    static let styles = """
        :root {
          color-scheme: light dark;
          --ground: light-dark(#f2f4f7, #0f1115);
          --sheet: light-dark(#ffffff, #1a1d24);
          --line: light-dark(#dde2ea, #323845);
          --text: light-dark(#16191f, #eef1f6);
          --quiet: light-dark(#59616f, #a3adbd);
          --accent: light-dark(#2452d6, #7ea2ff);
          --on-accent: light-dark(#ffffff, #0c1430);
          --alert: light-dark(#a4161a, #ff9a95);
          --alert-ground: light-dark(#fdecec, #3a1a1c);
        }
        * { box-sizing: border-box; }
        body {
          margin: 0;
          background: var(--ground);
          color: var(--text);
          font: 1rem/1.5 system-ui, -apple-system, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", sans-serif;
          word-break: keep-all;
          overflow-wrap: anywhere;
        }
        main { max-width: 28rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; display: grid; gap: 1rem; }
        @media (min-width: 40rem) { main { padding-top: 3rem; } }
        [lang="en"] { color: var(--quiet); font-size: .85em; font-weight: 400; }
        .badge {
          display: inline-block; margin: 0; padding: .15rem .6rem; border-radius: 1rem;
          border: 1px solid var(--line); font-size: .8rem; font-weight: 600; color: var(--accent);
        }
        h1 { margin: .6rem 0 0; font-size: 1.6rem; line-height: 1.25; }
        .note { margin: .25rem 0 0; color: var(--quiet); font-size: .9rem; }
        .order, form, details { background: var(--sheet); border: 1px solid var(--line); border-radius: 1rem; padding: 1.1rem; }
        .amount { margin: 0 0 .6rem; font-size: 2rem; font-weight: 700; line-height: 1.2; font-variant-numeric: tabular-nums; }
        .amount span { font-size: 1.1rem; margin-left: .15rem; }
        dl { margin: 0; display: grid; gap: .5rem; font-size: .95rem; }
        dl div { display: grid; gap: .05rem; }
        dt { color: var(--quiet); font-size: .85rem; }
        dd { margin: 0; }
        .number { font-variant-numeric: tabular-nums; }
        form { display: grid; gap: .75rem; }
        label { font-weight: 600; }
        input[name="cardNumber"] {
          width: 100%; min-height: 3.25rem; padding: .5rem .9rem; border: 1px solid var(--line); border-radius: .7rem;
          background: var(--ground); color: inherit; font: inherit; font-size: 1.2rem; letter-spacing: .04em;
        }
        button { font: inherit; color: inherit; cursor: pointer; }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        .pay, .cancel { min-height: 3.25rem; border-radius: .7rem; border: 1px solid transparent; font-weight: 600; }
        .pay { background: var(--accent); color: var(--on-accent); }
        .pay [lang="en"] { color: inherit; opacity: .85; display: block; }
        .cancel { background: transparent; border-color: var(--line); }
        .alert { margin: 0; padding: .7rem .9rem; border-radius: .7rem; background: var(--alert-ground); color: var(--alert); }
        .alert [lang="en"] { color: inherit; display: block; }
        summary { font-weight: 600; cursor: pointer; padding: .2rem 0; }
        ul { list-style: none; margin: .5rem 0 0; padding: 0; }
        li + li { border-top: 1px solid var(--line); }
        .test-card {
          display: grid; gap: .05rem; width: 100%; min-height: 3rem; padding: .55rem .2rem; border: 0;
          background: transparent; text-align: left;
        }
        .test-card:hover .number { color: var(--accent); }
        .test-card .meaning { font-size: .88rem; color: var(--quiet); }

        """
}
