package browser_test

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// elements returns the elements of a page, in order.
func elements(t *testing.T, page string) (all []*html.Node) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for node := range root.Descendants() {
		if node.Type == html.ElementNode {
			all = append(all, node)
		}
	}
	return all
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func content(n *html.Node) string {
	var out strings.Builder
	for node := range n.Descendants() {
		if node.Type == html.TextNode {
			out.WriteString(node.Data)
		}
	}
	return out.String()
}

// A page loads nothing and runs nothing, whatever callers sent.
func TestSelfContained(t *testing.T) {
	known := []string{
		"a", "body", "caption", "circle", "code", "dd", "defs", "desc", "details", "div", "dl", "dt", "footer", "g", "h1", "h2", "h3", "head", "header",
		"html", "li", "line", "main", "meta", "nav", "p", "path", "pattern", "rect", "section", "span", "strong", "style", "summary", "svg",
		"table", "tbody", "td", "text", "th", "thead", "title", "tr", "ul",
	}
	for name, records := range map[string][]record{"hostile": records(), "empty": {}} {
		t.Run(name, func(t *testing.T) {
			var policy, style string
			for _, n := range elements(t, write(t, records)) {
				if !slices.Contains(known, n.Data) {
					t.Errorf("<%s> in the page", n.Data)
				}
				for _, a := range n.Attr {
					switch {
					case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "src", a.Key == "srcdoc", a.Key == "action":
						t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
					case a.Key == "href" && !strings.HasPrefix(a.Val, "#"):
						t.Errorf("a link leads out: %q", a.Val)
					}
				}
				if equiv, _ := attribute(n, "http-equiv"); equiv == "Content-Security-Policy" {
					policy, _ = attribute(n, "content")
				}
				if n.DataAtom == atom.Style {
					style = content(n)
				}
			}
			hash := sha256.Sum256([]byte(style))
			want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; form-action 'none'"
			if policy != want {
				t.Errorf("policy %q, want %q", policy, want)
			}
			if links := regexp.MustCompile(`@import|url\(\s*[^#\s]`).FindAllString(style, -1); style == "" || links != nil {
				t.Errorf("the style loads %q", links)
			}
		})
	}
}

// Who cannot see the page is told its structure.
func TestStructure(t *testing.T) {
	ids := map[string]int{}
	var headings []string
	var named []string // that others refer to
	for _, n := range elements(t, write(t, records())) {
		if id, ok := attribute(n, "id"); ok {
			ids[id]++
		}
		for _, name := range []string{"aria-labelledby", "href"} {
			if value, ok := attribute(n, name); ok {
				for id := range strings.FieldsSeq(value) {
					named = append(named, strings.TrimPrefix(id, "#"))
				}
			}
		}
		switch n.DataAtom {
		case atom.H1, atom.H2:
			headings = append(headings, n.Data)
		case atom.Table:
			if first := n.FirstChild.NextSibling; first.DataAtom != atom.Caption || content(first) == "" {
				t.Errorf("a table without a caption: %s", content(n))
			}
		case atom.Th:
			if scope, _ := attribute(n, "scope"); scope != "row" && scope != "col" {
				t.Errorf("<th scope=%q>%s", scope, content(n))
			}
		case atom.Svg:
			_, hidden := attribute(n, "aria-hidden")
			role, _ := attribute(n, "role")
			inner := n.Parent.Namespace == "svg"
			if titled := n.FirstChild != nil && strings.TrimSpace(content(n)) != ""; !hidden && !inner && (role != "img" || !titled) {
				t.Errorf("a picture without a role and title: %v", n.Attr)
			}
		}
		if index, ok := attribute(n, "tabindex"); ok && index != "0" && index != "-1" {
			t.Errorf("tabindex %s", index)
		}
	}
	if len(headings) != 6 || headings[0] != "h1" || slices.Contains(headings[1:], "h1") {
		t.Errorf("headings %v", headings)
	}
	for id, count := range ids {
		if count != 1 {
			t.Errorf("id %q %d times", id, count)
		}
	}
	for _, id := range named {
		if ids[id] == 0 {
			t.Errorf("nothing has the id %q", id)
		}
	}
}
