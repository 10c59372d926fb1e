package licences_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"plantrail/bench/licences"
)

const (
	root    = "../.."
	program = "./cmd/plantrail"
	file    = root + "/THIRD_PARTY_LICENSES"
)

// The file that goes with the program is what the program is linked with today.
func TestFileIsUpToDate(t *testing.T) {
	want, err := licences.Collect(t.Context(), root, program, licences.Platforms)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("THIRD_PARTY_LICENSES is not of what the program is linked with: run make licences")
	}
}

// Each module that go list knows of is in the file, and so are the modules that a
// program says of itself: the second way is not through the code under test.
func TestFileNamesEveryModule(t *testing.T) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	listed := regexp.MustCompile(`(?m)^  (\S+) {2,}\S`).FindAllStringSubmatch(string(text), -1)
	named := map[string]bool{}
	for _, m := range listed {
		named[m[1]] = true
	}
	linked := map[string]bool{}
	dir := t.TempDir()
	for _, platform := range licences.Platforms {
		system, machine, _ := strings.Cut(platform, "/")
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", program)
		list.Dir = root
		list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+machine)
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		for module := range strings.FieldsSeq(string(out)) {
			linked[module] = module != "plantrail"
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "plantrail"), program)
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	says, err := exec.CommandContext(t.Context(), "go", "version", "-m", filepath.Join(dir, "plantrail")).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\tdep\t(\S+)`).FindAllStringSubmatch(string(says), -1) {
		linked[m[1]] = true
	}
	if len(linked) < 20 {
		t.Fatalf("only %d modules", len(linked))
	}
	for module, other := range linked {
		if other && !named[module] {
			t.Errorf("%s is linked and has no licence in the file", module)
		}
	}
	for module := range named {
		if !linked[module] {
			t.Errorf("%s is in the file and not linked", module)
		}
	}
}

// What the licences themselves say of being given away with a program.
func TestNames(t *testing.T) {
	for _, test := range []struct {
		text string
		want string // "" for none that we may link
	}{
		{"Apache License\n   Version 2.0, January 2004", "Apache-2.0"},
		{"MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining\na copy", "MIT"},
		{"Redistribution and use in source and binary forms … * Neither the name of X", "BSD-3-Clause"},
		{"Redistribution and use in source and binary forms, with or without", "BSD-2-Clause"},
		{"Boost Software License - Version 1.0 - August 17th, 2003", "BSL-1.0"},
		{"This is free and unencumbered software released into the public domain.", "Unlicense"},
		{"Apache License Version 2.0 … Permission is hereby granted, free of charge, to any person obtaining a copy", "Apache-2.0 MIT"},
		{"GNU GENERAL PUBLIC LICENSE Version 3", ""},
		{"GNU Lesser General Public License", ""},
		{"Mozilla Public License Version 2.0", ""},
		{"Apache License Version 2.0, with the Commons Clause", ""},
		{"Redistribution and use in source and binary forms … All advertising materials mentioning features or use", ""},
		{"All rights reserved.", ""},
		{"", ""},
	} {
		names, err := licences.Names(test.text)
		if got := strings.Join(names, " "); got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%.40q: %q, %v; want %q", test.text, got, err, test.want)
		}
		if err != nil && !errors.Is(err, licences.ErrUnknown) {
			t.Errorf("%.40q: %v", test.text, err)
		}
	}
}

// Programs of modules that are laid out here: a licence that is nowhere, one that
// may not be linked, one beside copied code, and one of a single platform.
func TestCollect(t *testing.T) {
	const mit = "Permission is hereby granted, free of charge, to any person obtaining a copy.\n"
	for _, test := range []struct {
		name  string
		files map[string]string // of the module that is linked
		only  string            // the platform that links it
		want  []string
		fails string
	}{
		{name: "plain", files: map[string]string{"LICENSE": mit}, want: []string{"example.com/dep    ", "example.com/dep, LICENSE\n"}},
		{name: "no licence", files: map[string]string{"README": mit}, fails: "example.com/dep has no file with its licence"},
		{name: "a notice only", files: map[string]string{"NOTICE": mit}, fails: "example.com/dep has no file with its licence"},
		{name: "another licence", files: map[string]string{"COPYING": "GNU General Public License"}, fails: "COPYING of example.com/dep"},
		{
			name:  "of copied code",
			files: map[string]string{"LICENCE.md": mit, "inner/LICENSE": "Apache License, Version 2.0", "unused/LICENSE": "GNU General Public License"},
			want:  []string{"Apache-2.0, MIT", "example.com/dep, inner/LICENSE\n", "example.com/dep, LICENCE.md\n"},
		},
		{name: "one platform's", only: "darwin", files: map[string]string{"UNLICENSE": "Free and unencumbered software released into the public domain"}, want: []string{"Unlicense"}},
		{name: "Windows' line ends", files: map[string]string{"LICENSE": strings.ReplaceAll(mit, "\n", "\r\n")}, want: []string{"\n" + mit}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			imported := "prog/main.go"
			if test.only != "" {
				imported = "prog/other_" + test.only + ".go"
				write(t, dir, "prog/main.go", "package main\n\nfunc main() {}\n")
			}
			body := "package main\n\nimport _ \"example.com/dep/inner\"\n"
			if test.only == "" {
				body += "\nfunc main() {}\n"
			}
			write(t, dir, imported, body)
			write(t, dir, "prog/go.mod", "module example.com/prog\n\ngo 1.26\n\nrequire example.com/dep v0.0.0\n\nreplace example.com/dep => ../dep\n")
			write(t, dir, "dep/go.mod", "module example.com/dep\n\ngo 1.26\n")
			write(t, dir, "dep/inner/inner.go", "package inner\n")
			for name, text := range test.files {
				write(t, dir, "dep/"+name, text)
			}
			got, err := licences.Collect(t.Context(), dir+"/prog", ".", []string{"linux/amd64", "darwin/arm64"})
			if test.fails != "" {
				if !errors.Is(err, licences.ErrUnknown) || !strings.Contains(fmt.Sprint(err), test.fails) {
					t.Fatalf("%v; want %s", err, test.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if missing := slices.DeleteFunc(test.want, func(s string) bool { return strings.Contains(got, s) }); len(missing) > 0 || strings.Contains(got, "\r") {
				t.Errorf("%q not in\n%s", missing, got)
			}
		})
	}
	if _, err := licences.Collect(t.Context(), root, "./nowhere", licences.Platforms); err == nil {
		t.Error("a program that is not there has licences")
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
