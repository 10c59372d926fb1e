package licences

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// standard is what the standard library is called in the text.
const standard = "Go's standard library"

// An owner is a module, or the standard library.
type owner struct {
	name  string
	top   string          // its directory
	files map[string]bool // that state its terms
}

// A text holds for the files that it is in.
type text struct {
	names []string // of licences; none for a notice
	in    []string // as owner, file
	bytes string
}

// Collect returns the licences of what a program is linked with on the platforms.
// Root is the directory of its module.
func Collect(ctx context.Context, root, program string, platforms []string) (string, error) {
	owners := map[string]*owner{}
	for _, platform := range platforms {
		packages, err := Linked(ctx, root, program, platform)
		if err != nil {
			return "", err
		}
		for _, p := range packages {
			if err := add(owners, p); err != nil {
				return "", fmt.Errorf("%s: %w", p.ImportPath, err)
			}
		}
	}
	texts, err := read(owners)
	if err != nil {
		return "", err
	}
	return render(owners, texts, platforms), nil
}

// add notes what a package brings.
func add(owners map[string]*owner, p Package) error {
	var name, top string
	switch {
	case p.Standard:
		src := filepath.FromSlash("/" + p.ImportPath)
		name, top = standard, filepath.Dir(strings.TrimSuffix(p.Dir, src))
	case p.Module == nil:
		return fmt.Errorf("it belongs to no module")
	case p.Module.Main:
		return nil
	default:
		name, top = p.Module.Path, p.Module.Dir
	}
	if owners[name] == nil {
		owners[name] = &owner{name: name, top: top, files: map[string]bool{}}
	}
	files, err := termsOf(p.Dir, top)
	for _, file := range files {
		owners[name].files[file] = true
	}
	return err
}

// read returns the texts of all owners, equal ones once, by licence and then by
// what they hold for. Each owner must have a licence.
func read(owners map[string]*owner) ([]*text, error) {
	same := map[string]*text{}
	for _, name := range sorted(owners) {
		o, licensed := owners[name], false
		for _, file := range sorted(o.files) {
			raw, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			body := tidy(string(raw))
			relative, err := filepath.Rel(o.top, file)
			if err != nil {
				return nil, err
			}
			if same[body] == nil {
				same[body] = &text{bytes: body}
				if !isNotice(file) {
					if same[body].names, err = Names(body); err != nil {
						return nil, fmt.Errorf("%s of %s: %w", relative, name, err)
					}
				}
			}
			same[body].in = append(same[body].in, name+", "+filepath.ToSlash(relative))
			licensed = licensed || same[body].names != nil
		}
		if !licensed {
			return nil, fmt.Errorf("%s has no file with its licence: %w", name, ErrUnknown)
		}
	}
	var texts []*text
	for _, t := range same {
		texts = append(texts, t)
	}
	slices.SortFunc(texts, func(a, b *text) int {
		if by := strings.Compare(a.title(), b.title()); by != 0 {
			return by
		}
		return strings.Compare(a.in[0], b.in[0])
	})
	return texts, nil
}

// title names the licences of a text.
func (t *text) title() string {
	if t.names == nil {
		return "Notices and grants of patents"
	}
	return strings.Join(t.names, ", ")
}

// isNotice says whether a file states something beside a licence.
func isNotice(file string) bool {
	name := strings.ToLower(filepath.Base(file))
	return strings.HasPrefix(name, "notice") || strings.HasPrefix(name, "patents")
}

// tidy makes line ends and what follows the last line the same everywhere.
func tidy(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\f")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n") + "\n"
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// render writes the owners, each with its licences, and after them the texts.
func render(owners map[string]*owner, texts []*text, platforms []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Licences of what plantrail is linked with\n\n")
	fmt.Fprintf(&b, "plantrail itself is under the Apache License 2.0, see LICENSE. The program contains\n")
	fmt.Fprintf(&b, "code of the following modules on at least one of %s.\n", strings.Join(platforms, ", "))
	fmt.Fprintf(&b, "Made by \"make licences\"; not edited by hand.\n\n")
	for _, name := range sorted(owners) {
		var titles []string
		for _, t := range texts {
			for _, in := range t.in {
				if strings.HasPrefix(in, name+", ") {
					titles = append(titles, t.names...)
				}
			}
		}
		slices.Sort(titles)
		fmt.Fprintf(&b, "  %-66s %s\n", name, strings.Join(slices.Compact(titles), ", "))
	}
	for _, t := range texts {
		fmt.Fprintf(&b, "\n%s\n%s\n", strings.Repeat("=", 80), t.title())
		for _, in := range t.in {
			fmt.Fprintf(&b, "  %s\n", in)
		}
		fmt.Fprintf(&b, "%s\n\n%s", strings.Repeat("-", 80), t.bytes)
	}
	return b.String()
}
