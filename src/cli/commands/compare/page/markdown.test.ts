import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { markdownHtml } from './markdown.ts'

/** Without the box around it, and without what all links have in common. */
const rendered = (text: string): string =>
  markdownHtml(text)
    .replace(/^<div class="md">([^]*)<\/div>$/, '$1')
    .replaceAll(' rel="noopener noreferrer nofollow" target="_blank"', '')

describe('Markdown of models', () => {
  it.each([
    ['# One', '<h4>One</h4>'],
    ['### Three ###', '<h6>Three</h6>'],
    ['Title\n=====\nSub\n---', '<h4>Title</h4><h5>Sub</h5>'],
    ['a\nb\n\nc', '<p>a<br>\nb</p><p>c</p>'],
    [
      '**a** *b* ***c*** ~~d~~',
      '<p><strong>a</strong> <em>b</em> <em><strong>c</strong></em> <del>d</del></p>',
    ],
    ['2 * 3 * 4, a_b_c, ** a, \\*x\\*', '<p>2 * 3 * 4, a_b_c, ** a, *x*</p>'],
    ['`a *b*` ``c`d`` `e', '<p><code>a *b*</code> <code>c`d</code> `e</p>'],
    ['- a\n- b\n  - c', '<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>'],
    ['3. a\n4. b', '<ol start="3"><li>a</li><li>b</li></ol>'],
    ['- a\n\n- b', '<ul><li><p>a</p></li><li><p>b</p></li></ul>'],
    ['- [ ] a\n- [x] b', '<ul><li>☐ a</li><li>☑ b</li></ul>'],
    ['> a\n> > b', '<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>'],
    ['a\n***\nb', '<p>a</p><hr><p>b</p>'],
    ['&lt;b&gt; & &copy;', '<p>&lt;b&gt; &amp; &amp;copy;</p>'],
  ])('%j', (text, html) => {
    expect(rendered(text)).toBe(html)
  })

  it('shows code as it is, also where its end is missing', () => {
    const code = (text: string): string =>
      `<pre class="code" tabindex="0"><code>${text}</code></pre>`
    expect(rendered('```js\n  <b> *a*\n\n- x\n```\nend')).toBe(
      `${code('  &lt;b&gt; *a*\n\n- x')}<p>end</p>`,
    )
    expect(rendered('~~~\n```\n~~~')).toBe(code('```'))
    expect(rendered('````\n```\n````')).toBe(code('```'))
    expect(rendered('```\nopen')).toBe(code('open'))
    expect(rendered('    indented')).toBe(code('indented'))
    expect(rendered('1. a\n   ```\n   b\n   ```')).toBe(`<ol><li>a${code('b')}</li></ol>`)
  })

  it('shows tables, with numbers at the right where the text says so', () => {
    expect(rendered('| a | b |\n|---|--:|\n| 1 \\| 2 | **3** |\n| 4 |\nend')).toBe(
      '<div class="scroll" tabindex="0"><table>' +
        '<thead><tr><th>a</th><th class="n">b</th></tr></thead><tbody>' +
        '<tr><td>1 | 2</td><td class="n"><strong>3</strong></td></tr>' +
        '<tr><td>4</td><td class="n"></td></tr></tbody></table></div><p>end</p>',
    )
    expect(rendered('a | b\n\nno | table')).toBe('<p>a | b</p><p>no | table</p>')
  })

  it('links lead to web pages and mail addresses, and say where', () => {
    expect(rendered('[a](https://b.example/c_(d) "t") https://e.example/f.')).toBe(
      '<p><a href="https://b.example/c_(d)">a</a> <span class="soft">(b.example)</span> ' +
        '<a href="https://e.example/f">https://e.example/f</a>.</p>',
    )
    expect(rendered('[bank](https://bank.example@evil.example/)')).toContain('(evil.example)')
    expect(rendered('[*a* https://x.example](mailto:a@b.example)')).toBe(
      '<p><a href="mailto:a@b.example"><em>a</em> https://x.example</a></p>',
    )
  })

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    '\u0001javascript:alert(1)',
    '&#106;avascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    '//evil.example/x',
    '../x.html',
    'http:evil.example',
    'https://',
  ])('no link leads to %j', (address) => {
    for (const text of [`[a](${address})`, `<${address}>`, `![a](${address})`, address]) {
      expect(rendered(text)).not.toContain('href')
    }
  })

  it('pictures are links that nobody follows by himself', () => {
    expect(rendered('![a](https://b.example/c.png)')).toBe(
      '<p><a href="https://b.example/c.png">[picture: a]</a> <span class="soft">(b.example)</span></p>',
    )
    const both = rendered('[![a](https://b.example/c.png)](https://d.example/)')
    expect(both.match(/<a /g)).toHaveLength(1)
    expect(both).toContain('href="https://d.example/"')
  })

  it('HTML stays text', () => {
    const text = '<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n<!-- x -->\n\n</div>'
    expect(rendered(text).replaceAll(/<\/?p>/g, '')).not.toContain('<')
  })

  it('a text of any kind gives only the elements that are meant, each closed', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...[
          '*',
          '**',
          '_',
          '~~',
          '`',
          '``',
          '```',
          '~~~',
          '[',
          ']',
          '![',
          '](',
          '(',
          ')',
          '<',
          '>',
        ],
        ...[
          'https://a.b/',
          'javascript:x',
          'mailto:a@b',
          '"',
          "'",
          '\\',
          '&',
          '&lt;',
          '|',
          ':-:',
          '---',
        ],
        ...[
          '\n',
          '\n\n',
          '    ',
          '- ',
          '1. ',
          '# ',
          '> ',
          '=',
          ' ',
          'a',
          'ü',
          '😀',
          '</p>',
          '<a href="x">',
        ],
      ),
      fc.string({ maxLength: 3 }),
    )
    const texts = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(texts, (text) => {
        expect(leftOpen(markdownHtml(text))).toEqual([])
      }),
      { numRuns: 3000 },
    )
  })
})

const ELEMENT =
  /<(\/?)(a|blockquote|br|code|del|div|em|h[4-6]|hr|li|ol|p|pre|span|strong|table|tbody|td|th|thead|tr|ul)((?: (?:class="(?:md|code|scroll|n|soft)"|tabindex="0"|start="\d+"|href="(?:https?:\/\/|mailto:)[^"<>]*"|rel="noopener noreferrer nofollow"|target="_blank"))*)>/g

/** The elements that are not closed in their order; throws for anything else in angle brackets. */
function leftOpen(html: string): string[] {
  const open: string[] = []
  for (const [, slash, name = ''] of html.matchAll(ELEMENT)) {
    if (slash === '/') expect(open.pop()).toBe(name)
    else if (name !== 'br' && name !== 'hr') {
      if (name === 'a') expect(open).not.toContain('a')
      open.push(name)
    }
  }
  expect(html.replaceAll(ELEMENT, '')).not.toMatch(/[<>"']/)
  return open
}
