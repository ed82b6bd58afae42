//! Formulas mean the same in one line.

use super::safe;

fn math(inner: &str) -> String {
    safe(&format!("<p>x <math>{inner}</math>.</p>")).replace("<p>x ", "").replace(".</p>", "")
}

#[test]
fn what_a_drawing_says_by_its_shape_is_written_out() {
    for (inner, said) in [
        ("<mfrac><mn>2</mn><mn>5</mn></mfrac>", "2/5"),
        ("<mn>1</mn><mfrac><mn>2</mn><mn>5</mn></mfrac><mi>x</mi>", "1 2/5 x"),
        (
            "<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mrow><mi>c</mi><mi>d</mi></mrow></mfrac>",
            "(a+b)/(cd)",
        ),
        ("<msup><mrow><mo>(</mo><mi>a</mi><mo>+</mo><mn>1</mn><mo>)</mo></mrow><mn>2</mn></msup>", "(a+1)^2"),
        ("<msup><mi>e</mi><mrow><mo>-</mo><mi>t</mi></mrow></msup>", "e^(-t)"),
        ("<msup><mfrac><mn>1</mn><mn>2</mn></mfrac><mi>n</mi></msup>", "(1/2)^n"),
        ("<msub><mi>a</mi><mrow><mi>i</mi><mi>j</mi></mrow></msub>", "a_(ij)"),
        ("<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>", "x_1^2"),
        ("<msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>", "√(x+1)"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot><mo>=</mo><mroot><mi>y</mi><mn>7</mn></mroot>", "∛x=y^(1/7)"),
        (
            "<munder><mo>lim</mo><mrow><mi>n</mi><mo>→</mo><mi>∞</mi></mrow></munder><msub><mi>a</mi><mi>n</mi></msub>",
            "lim_(n→∞) a_n",
        ),
        (
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi>",
            "∑_(i=1)^n i",
        ),
        ("<mi>sin</mi><mo>&#x2061;</mo><mi>x</mi>", "sin x"),
        ("<mover><mi>v</mi><mo>→</mo></mover>", "v\u{20d7}"),
        (
            "<mo>(</mo><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr><mtr><mtd><mn>0</mn></mtd><mtd><mn>2</mn></mtd></mtr></mtable><mo>)</mo>",
            "(1, 0; 0, 2)",
        ),
        ("<mfenced open='[' close=']'><mi>a</mi><mi>b</mi></mfenced>", "[a,b]"),
        ("<msup><mn>90</mn><mo>∘</mo></msup>", "90°"),
        ("<mfrac linethickness='0'><mi>n</mi><mi>k</mi></mfrac>", "binom(n, k)"),
    ] {
        assert_eq!(math(inner), said, "{inner}");
    }
}

#[test]
fn a_formula_that_is_there_twice_is_read_once() {
    let math = "<math><semantics><msup><mi>x</mi><mn>2</mn></msup><annotation encoding='application/x-tex'>x^{2}</annotation></semantics></math>";
    for html in [
        // KaTeX; the same where the feed took the classes; MathJax 3 and 2; MediaWiki.
        format!("<span class='katex-display'><span class='katex'><span class='katex-mathml'>{math}</span><span class='katex-html' aria-hidden='true'><span>x</span><span>2</span></span></span></span>"),
        format!("<span><span>{math}</span><span aria-hidden='true'><span>x</span><span>2</span></span></span>"),
        format!("<mjx-container class='MathJax' jax='SVG'><svg><g><path d='M0'/></g></svg><mjx-assistive-mml>{math}</mjx-assistive-mml></mjx-container>"),
        format!("<span class='MathJax_Preview'>x 2</span><span class='MathJax'><nobr aria-hidden='true'>x2</nobr><span class='MJX_Assistive_MathML'>{math}</span></span><script type='math/tex'>x^2</script>"),
        format!("<span class='mwe-math-element'><span style='display: none;'>{math}</span><img src='https://m.example/1.svg' alt='{{\\displaystyle x^{{2}}}}'></span>"),
        "<script type='math/tex; mode=inline'>x^2</script>".to_owned(),
        "<span class='MathJax_Preview'>x2</span><script type='math/tex'>% <![CDATA[ x^2 %]]></script>".to_owned(),
        "<script type='math/mml'><math><msup><mi>x</mi><mn>2</mn></msup></math></script>".to_owned(),
        "<mjx-container aria-label='x^2'><mjx-math aria-hidden='true'><mjx-c></mjx-c></mjx-math></mjx-container>".to_owned(),
        "<math alttext='x^2'><mstyle></mstyle></math>".to_owned(),
        "<br><span class='latex-rendered' data-attrs='{\"persistentExpression\":\"x^2\",\"id\":\"X\"}'></span><br>".to_owned(),
    ] {
        let said = safe(&format!("<p>So {html} is</p>"));
        let words = crate::publish::body::walk::plain(&said);
        assert_eq!(words, "So x^2 is", "{html}\n{said}");
        assert!(!said.contains("<img"), "{said}");
    }
}

#[test]
fn formulas_that_a_script_would_draw_stay_as_they_are() {
    let html = "<p>\\(e^{kt}\\) and $$\\frac{1}{3}$$</p>";
    assert_eq!(safe(html), html);
}

#[test]
fn a_formula_of_its_own_stands_on_a_line_of_its_own() {
    assert_eq!(safe("<p>So <math display='block'><mi>x</mi></math> is</p>"), "<p>So <br>x<br> is</p>");
}
