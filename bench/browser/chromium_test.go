package browser_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A browser shows one page, and remembers what the page tried.
type browser struct {
	context.Context //nolint:containedctx // it is what chromedp knows the browser by
	mutex           sync.Mutex
	said            []string // in the console: errors, violations of the policy, dialogs
	requests        []string
}

// open shows a page in a new Chromium.
func open(t *testing.T, page string) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && program == "" {
			program = path
		}
	}
	if program == "" {
		t.Skip("no Chromium: install it (apt-get install chromium) to run this test")
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.WindowSize(1400, 1000), chromedp.WSURLReadTimeout(2*time.Minute))...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(cancel)
	b := &browser{Context: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	send(t, b, network.Enable, network.EnableParams{})
	send(t, b, log.Enable, cdp.Empty{})
	send(t, b, runtime.Enable, cdp.Empty{})
	send(t, b, accessibility.Enable, cdp.Empty{})
	address := url.URL{Scheme: "file", Path: file}
	b.run(t, chromedp.Navigate(address.String()))
	return b
}

func (b *browser) hear(event any) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		b.said = append(b.said, e.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		b.said = append(b.said, "console "+string(e.Type))
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, e.ExceptionDetails.Text)
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

func (b *browser) run(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.Context, actions...); err != nil {
		t.Fatal(err)
	}
}

// send sends a command of the browser's protocol.
func send[P, R any](t *testing.T, b *browser, command cdp.Command[P, R], params P) R {
	t.Helper()
	result, err := chromedp.Call(b.Context, command, params)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// ask returns what an expression is in the page.
func ask[T any](t *testing.T, b *browser, expression string) T {
	t.Helper()
	answer, err := chromedp.Run(b.Context, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// Nothing of what callers sent runs or loads; all of it is shown as text. The
// page itself breaks none of its own rules.
func TestHostileInChromium(t *testing.T) {
	b := open(t, write(t, records()))
	if title := ask[string](t, b, "document.title"); title != "Support plans: "+hostile()[0] {
		t.Errorf("title %q", title)
	}
	if found := ask[int](t, b, "document.querySelectorAll('script, img, iframe, object, link, [onerror], [onload], [onfocus]').length"); found != 0 {
		t.Errorf("%d elements come from callers' texts", found)
	}
	shown := ask[string](t, b, "document.querySelector('main').textContent")
	for _, text := range hostile() {
		if !strings.Contains(shown, text) {
			t.Errorf("not shown: %s", text)
		}
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if len(b.said) != 0 || len(b.requests) != 1 {
		t.Errorf("the console says %q, requested was %q", b.said, b.requests)
	}
}

// Were a text ever not escaped, the policy would still stop it.
func TestPolicyInChromium(t *testing.T) {
	page := write(t, nil)
	broken := strings.Replace(page, "<main", hostile()[0]+hostile()[1][2:]+hostile()[4]+"<main style='color:red'", 1)
	if broken == page {
		t.Fatal("nothing put into the page")
	}
	b := open(t, broken)
	if title := ask[string](t, b, "document.title"); title != "Support plans: "+hostile()[0] {
		t.Errorf("title %q", title)
	}
	if found := ask[int](t, b, "document.querySelectorAll('script, img').length"); found != 2 {
		t.Fatalf("%d elements: the page is not as broken as this test means it", found)
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	all := strings.Join(b.said, "\n")
	for _, blocked := range []string{"inline script", "inline event handler", "inline style", "loading the image"} {
		if !strings.Contains(strings.ToLower(all), blocked) {
			t.Errorf("no word of a blocked %s in the console:\n%s", blocked, all)
		}
	}
}

// Who uses the keyboard alone gets everywhere, past the head of the page first.
func TestKeyboard(t *testing.T) {
	b := open(t, write(t, records()))
	b.run(t, chromedp.KeyEvent(kb.Tab))
	if class := ask[string](t, b, "document.activeElement.className"); class != "skip" {
		t.Fatalf("the first stop is %q", class)
	}
	b.run(t, chromedp.KeyEvent(kb.Enter))
	if id := ask[string](t, b, "document.activeElement.id"); id != "content" {
		t.Errorf("skipped to %q", id)
	}
	// The picture's first account leads to its levels in words.
	b.run(t, chromedp.Focus("table.timeline tbody a"), chromedp.KeyEvent(kb.Enter))
	if open := ask[bool](t, b, "document.querySelector('details.words').open && location.hash == '#lane-1'"); !open {
		t.Error("the levels in words did not open")
	}
	invisible := ask[[]string](t, b, `[...document.querySelectorAll('a, summary, [tabindex="0"]')].filter(e => {
		e.focus();
		return e.checkVisibility() && (document.activeElement != e || getComputedStyle(e).outlineStyle == 'none' && e.className != 'skip');
	}).map(e => e.outerHTML)`)
	if len(invisible) > 0 {
		t.Errorf("focus cannot be seen on %q", invisible)
	}
}

// What a screen reader is told.
func TestAccessibilityTree(t *testing.T) {
	b := open(t, write(t, records()))
	roles := map[string][]string{}
	for _, n := range send(t, b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		if !n.Ignored && n.Role != nil {
			var name string
			if n.Name != nil {
				name = strings.Trim(string(n.Name.Value), `"`)
			}
			role := strings.Trim(string(n.Role.Value), `"`)
			roles[role] = append(roles[role], name)
		}
	}
	for role, least := range map[string]int{"heading": 5, "table": 3, "image": 8, "link": 6, "region": 4, "main": 1, "navigation": 1, "rowheader": 20, "DisclosureTriangle": 1} {
		if len(roles[role]) < least {
			t.Errorf("%d of role %s, want %d: %q", len(roles[role]), role, least, roles[role])
		}
	}
	for _, role := range []string{"heading", "table", "image", "link", "region", "navigation", "columnheader", "rowheader"} {
		for _, name := range roles[role] {
			if name == "" && role != "navigation" {
				t.Errorf("a %s without a name", role)
			}
		}
	}
}

// contrasts computes, for each text and each mark, how much it differs from what
// is behind it, as WCAG 2 has it, and returns those that differ too little.
const contrasts = `(() => {
	const rgb = s => { const m = s.match(/[\d.]+/g); return m && (m.length < 4 || +m[3] > 0) ? m.slice(0, 3).map(Number) : null };
	const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b };
	const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05) };
	const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c) return c } return [255, 255, 255] };
	const bad = [];
	let seen = 0;
	const look = (what, a, b, least) => { seen++; const c = contrast(a, b); if (c < least) bad.push(what + ' ' + c.toFixed(2)) };
	for (const e of document.querySelectorAll('body *')) {
		if (!(e instanceof SVGElement) && [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
			look(e.tagName + '.' + e.className, rgb(getComputedStyle(e).color), behind(e), 4.5);
	}
	for (const e of document.querySelectorAll('svg text')) {
		const band = e.parentElement.querySelector('rect.band');
		look('label ' + e.textContent, rgb(getComputedStyle(e).fill), band && rgb(getComputedStyle(band).fill) || behind(e), 4.5);
	}
	for (const e of document.querySelectorAll('.mark, line.now, rect.settled, rect.failed, rect.read')) {
		const s = getComputedStyle(e);
		const drawn = [s.fill, s.stroke].map(rgb).filter(c => c).sort((a, b) => contrast(b, behind(e)) - contrast(a, behind(e)))[0];
		look(e.getAttribute('class'), drawn, behind(e), 3);
	}
	return {seen, bad};
})()`

// Texts and marks can be read in light and in dark, on paper, and on a telephone.
func TestLook(t *testing.T) {
	b := open(t, write(t, records()))
	type result struct {
		Seen int
		Bad  []string
	}
	scheme := func(name string) emulation.SetEmulatedMediaParams {
		return emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}}
	}
	papers := map[string]bool{}
	for name, media := range map[string]emulation.SetEmulatedMediaParams{"light": scheme("light"), "dark": scheme("dark"), "print": {Media: "print"}} {
		t.Run(name, func(t *testing.T) {
			send(t, b, emulation.SetEmulatedMedia, media)
			if got := ask[result](t, b, contrasts); got.Seen < 100 || len(got.Bad) > 0 {
				t.Errorf("of %d, too little contrast: %q", got.Seen, got.Bad)
			}
			papers[ask[string](t, b, "getComputedStyle(document.body).backgroundColor")] = true
		})
	}
	if len(papers) != 2 {
		t.Errorf("dark and light have the papers %v", papers)
	}
	for _, width := range []int64{320, 400, 800, 1400} {
		send(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
		b.run(t, chromedp.EmulateViewport(width, 900))
		if wide := ask[int64](t, b, "document.documentElement.scrollWidth"); wide > width {
			t.Errorf("at %d pixels, the page is %d wide", width, wide)
		}
	}
}
