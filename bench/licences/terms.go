package licences

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// isTerms says whether a file of this name states terms.
var isTerms = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|notice|patents)([-.].*)?$`)

// ErrUnknown is of a text that is no licence that we know, or of a module that has none.
var ErrUnknown = errors.New("not a licence that is known to go with the Apache License 2.0")

// A licence is known by a part of its text, in lower case and with single spaces.
var known = []struct {
	name string // as SPDX has it
	part *regexp.Regexp
}{
	{"Apache-2.0", regexp.MustCompile(`apache license,? version 2\.0`)},
	{"MIT", regexp.MustCompile(`permission is hereby granted, free of charge, to any person obtaining a copy`)},
	{"BSD-3-Clause", regexp.MustCompile(`redistribution and use in source and binary forms.*neither the name`)},
	{"BSD-2-Clause", regexp.MustCompile(`redistribution and use in source and binary forms`)},
	{"BSL-1.0", regexp.MustCompile(`boost software license - version 1\.0`)},
	{"Unlicense", regexp.MustCompile(`free and unencumbered software released into the public domain`)},
}

// forbidden are licences that ask for more than to be handed on, and the clause that
// all advertising must name somebody.
var forbidden = regexp.MustCompile(`gnu (affero |lesser |library )?general public license|mozilla public license|` +
	`eclipse public license|server side public license|business source license|commons clause|` +
	`all advertising materials mentioning features`)

// boring is of code that only GOEXPERIMENT=boringcrypto links, as it says itself.
const boring = "crypto/internal/boring/LICENSE"

// Names returns what licences a text states. A notice or a grant of patents goes
// with a licence and states none.
func Names(text string) ([]string, error) {
	flat := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	if found := forbidden.FindString(flat); found != "" {
		return nil, fmt.Errorf("%w: it names the %s", ErrUnknown, found)
	}
	var names []string
	for _, licence := range known {
		if licence.name == "BSD-2-Clause" && slices.Contains(names, "BSD-3-Clause") {
			continue
		}
		if licence.part.MatchString(flat) {
			names = append(names, licence.name)
		}
	}
	if len(names) == 0 {
		return nil, ErrUnknown
	}
	return names, nil
}

// termsOf returns the files that state terms for the package in dir: those in it, in
// the directories above it up to top, and in a directory licenses of top.
func termsOf(dir, top string) ([]string, error) {
	var files []string
	for _, place := range append(upwards(dir, top), filepath.Join(top, "licenses")) {
		entries, err := os.ReadDir(place)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			file := filepath.Join(place, entry.Name())
			if entry.Type().IsRegular() && isTerms.MatchString(entry.Name()) && !strings.HasSuffix(filepath.ToSlash(file), boring) {
				files = append(files, file)
			}
		}
	}
	return files, nil
}

// upwards returns dir and what is above it, down to top and that included.
func upwards(dir, top string) []string {
	var all []string
	for dir != top && strings.HasPrefix(dir, top) {
		all = append(all, dir)
		dir = filepath.Dir(dir)
	}
	return append(all, top)
}
