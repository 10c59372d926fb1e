package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plantrail/pipeline/store"
	"plantrail/pipeline/store/storetest"
)

func openDir(t *testing.T, folder string) store.Location {
	t.Helper()
	u, err := store.ParseURL(folder)
	if err != nil {
		t.Fatal(err)
	}
	l, err := store.Open(t.Context(), u, false, new(store.Shared))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestDir(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Location { return openDir(t, t.TempDir()) })
}

func TestDirURI(t *testing.T) {
	folder := t.TempDir()
	l := openDir(t, folder)
	if got, want := l.URI(l.Key("a/b")), "file://"+l.URL.String()[len("file://"):]+"/a/b"; got != want {
		t.Errorf("URI is %s, want %s", got, want)
	}
}

// What is no regular file is not listed; a link to one is.
func TestDirListLinks(t *testing.T) {
	folder := t.TempDir()
	l := openDir(t, folder)
	if err := os.WriteFile(filepath.Join(folder, "file"), []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{"link": "file", "dangling": "none", "loop": "."} {
		if err := os.Symlink(to, filepath.Join(folder, from)); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for page, err := range l.List(t.Context(), store.Range{Prefix: l.Key("")}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Objects {
			got = append(got, filepath.Base(o.Key))
		}
	}
	if strings.Join(got, " ") != "file link" {
		t.Errorf("listed %v", got)
	}
}

// A put that fails leaves the old version and nothing else.
func TestDirPutFails(t *testing.T) {
	folder := t.TempDir()
	l := openDir(t, folder)
	body := func(s string) (*strings.Reader, int64) { return strings.NewReader(s), int64(len(s)) }
	r, n := body("old")
	if err := l.Put(t.Context(), l.Key("x"), r, n, ""); err != nil {
		t.Fatal(err)
	}
	file, err := l.Open(t.Context(), l.Key("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := l.Put(t.Context(), l.Key("x"), failingReader{}, 5, file.ETag); !errors.Is(err, errDisk) {
		t.Errorf("error %v, want %v", err, errDisk)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, error %v", entries, err)
	}
	if got, err := l.Get(t.Context(), l.Key("x"), nil); err != nil || string(got) != "old" {
		t.Errorf("there is %q, error %v", got, err)
	}
}

var errDisk = errors.New("disk broken")

type failingReader struct{}

func (failingReader) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

func TestOpenDir(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "file")
	if err := errors.Join(os.WriteFile(name, nil, 0o600), os.WriteFile(name+".zip", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	u, err := store.ParseURL(name)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := store.Open(t.Context(), u, true, new(store.Shared)); err != nil || !l.File {
		t.Errorf("open a file: %v, %v", l, err)
	}
	for place, want := range map[string]string{filepath.Join(folder, "none"): "no such directory", name + ".zip": "an archive: unpack it"} {
		u, err := store.ParseURL(place)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), u, true, new(store.Shared)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("open %s: %v, want %s", place, err, want)
		}
	}
}

// A temporary file has no name, wherever it is made, and a place where none can
// be made is named.
func TestTempFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	file, err := store.TempFile()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("x"); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("%v in the directory, error %v", entries, err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	t.Setenv("TMPDIR", dir+"/none")
	if _, err := store.TempFile(); err == nil || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Errorf("error %v", err)
	}
}
