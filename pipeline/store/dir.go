package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// pageSize is how many keys a page of a directory listing holds, as many as a
// page of S3.
const pageSize = 1000

// A Dir is the local file system. A key is an absolute path without its first
// slash.
//
// Put locks the object's directory for a moment, so any number of processes on
// one machine may put at once; see put.go for its steps and lock.go for the lock.
type Dir struct {
	// Trace, if set, is called before each step of a Put. An error ends the Put
	// there, as a crash would: nothing is undone. Tests pin the steps with it.
	Trace func(step, name string) error

	requests *Requests
	shared   *Shared
}

// NewDir returns the local file system, which counts its calls in shared.
func NewDir(shared *Shared) *Dir { return &Dir{requests: &shared.Requests, shared: shared} }

func path(key string) string { return "/" + key }

// List implements [Store].
func (d *Dir) List(ctx context.Context, r Range) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		w := dirWalk{Range: r, yield: yield, requests: d.requests}
		folder := r.Prefix[:strings.LastIndexByte(r.Prefix, '/')+1]
		switch err := w.folder(ctx, folder); {
		case errors.Is(err, errStop):
		case err != nil:
			yield(Page{}, err)
		default:
			w.flush()
		}
	}
}

var errStop = errors.New("stop")

// A dirWalk visits a directory tree in key order.
type dirWalk struct {
	Range
	yield    func(Page, error) bool
	requests *Requests
	page     Page
}

// folder visits one directory, given as a key with a closing slash or "".
func (w *dirWalk) folder(ctx context.Context, folder string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // as a prefix without keys
	}
	if err != nil {
		return w.fail(folder, err)
	}
	// A folder sorts among the keys by its name and slash: "a-b" < "a/b".
	keys := make([]string, len(entries))
	for i, entry := range entries {
		keys[i] = folder + entry.Name()
		if entry.IsDir() || w.Shallow && w.Links && linksToFolder(path(keys[i]), entry) {
			keys[i] += "/"
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		if err := w.entry(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// linksToFolder reports whether a directory's entry is a link to a directory.
func linksToFolder(name string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func (w *dirWalk) entry(ctx context.Context, key string) error {
	isFolder := strings.HasSuffix(key, "/")
	switch {
	case !strings.HasPrefix(key, w.Prefix):
		// Above the prefix: only the folder that leads to it matters.
		return nil
	case key <= w.After && (!isFolder || !strings.HasPrefix(w.After, key)):
		return nil
	case isFolder && w.Shallow:
		w.page.Folders = append(w.page.Folders, key)
	case isFolder:
		return w.folder(ctx, key)
	default:
		info, err := os.Stat(path(key))
		if err == nil && info.IsDir() && w.TellLinks {
			return w.link(key)
		}
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			if info, err = os.Lstat(path(key)); err != nil || !w.TellLinks {
				return nil // gone since, or no file
			}
			// Whoever reads it is told why it cannot be.
			w.page.Objects = append(w.page.Objects, Object{Key: key, ETag: etagOf(info)})
			break
		}
		if err != nil {
			return w.fail(key, err)
		}
		w.page.Objects = append(w.page.Objects, Object{Key: key, Size: info.Size(), ETag: etagOf(info)})
	}
	if len(w.page.Objects)+len(w.page.Folders) >= pageSize && !w.flush() {
		return errStop
	}
	return nil
}

// link yields the page so far, and that there is a link to a directory.
func (w *dirWalk) link(key string) error {
	target, err := filepath.EvalSymlinks(path(key))
	if err != nil {
		return w.fail(key, err)
	}
	if !w.flush() || !w.yield(Page{}, &LinkError{Key: key, Target: strings.TrimPrefix(target, "/")}) {
		return errStop
	}
	return nil
}

// fail yields the page so far, and that a folder or file cannot be read. The
// walk goes on behind it, unless the caller stops.
func (w *dirWalk) fail(key string, err error) error {
	if !w.flush() || !w.yield(Page{}, fmt.Errorf("list %s: %w", path(key), classify(err))) {
		return errStop
	}
	return nil
}

// flush yields the page so far. False ends the walk.
func (w *dirWalk) flush() bool {
	w.requests.List.Add(1)
	page := w.page
	w.page = Page{}
	return w.yield(page, nil)
}

// etagOf tells versions of a file apart. A rename changes the inode; while the
// old version is held open, no new one can get its number.
func etagOf(info fs.FileInfo) string {
	var inode uint64
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = stat.Ino
	}
	return fmt.Sprintf("%x-%x-%x", info.Size(), info.ModTime().UnixNano(), inode)
}

// Get implements [Store].
func (d *Dir) Get(_ context.Context, key string, buf []byte) ([]byte, error) {
	d.requests.Get.Add(1)
	buf, err := readFile(path(key), buf[:0])
	if errors.Is(err, fs.ErrNotExist) && isLink(path(key)) {
		err = errDangling
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path(key), classify(err))
	}
	return buf, nil
}

// readFile appends a file's bytes to buf. It asks the system for no more than
// it must, three calls and a read to see the end: most log files are so small
// that a fourth shows.
func readFile(name string, buf []byte) (_ []byte, err error) {
	fd, err := again(func() (int, error) {
		return syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0) // a pipe would wait for its writer
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, syscall.Close(fd)) }()
	for {
		if len(buf) == cap(buf) {
			if err := checkWhole(fd, len(buf)); err != nil {
				return nil, err
			}
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := again(func() (int, error) { return syscall.Read(fd, buf[len(buf):cap(buf)]) })
		if n == 0 && len(buf) == 0 || errors.Is(err, syscall.EAGAIN) {
			err = errors.Join(err, checkWhole(fd, 0))
		}
		if err != nil || n == 0 {
			return buf, err
		}
		buf = buf[:len(buf)+n]
	}
}

// maxWhole bounds what is read into memory as a whole: no log file, state or
// description of a table comes near it, only what never ends.
const maxWhole = 2 << 30

var (
	// errIrregular says that a name is not a file's.
	errIrregular = errors.New("not a regular file")
	// errDangling says that a name is a link's, and leads nowhere.
	errDangling = errors.New("a link to a file that is not there")
)

func isLink(name string) bool {
	info, err := os.Lstat(name)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// checkWhole refuses what is no file or has no end. It is asked only where a file
// is not as large as was expected: of most, the size is known.
func checkWhole(fd, read int) error {
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); err != nil {
		return err
	}
	if stat.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return errIrregular
	}
	if size := max(stat.Size, int64(read)); size > maxWhole {
		return fmt.Errorf("%d bytes, more than the %d that are read as a whole", size, maxWhole)
	}
	return nil
}

// again makes a system call once more for as long as signals interrupt it.
func again(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}

// Open implements [Store].
func (d *Dir) Open(_ context.Context, key string) (*File, error) {
	d.requests.Get.Add(1)
	file, err := os.OpenFile(path(key), os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would wait for its writer
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path(key), classify(err))
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errIrregular
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path(key), err), file.Close())
	}
	return &File{ReaderAt: file, Closer: file, Size: info.Size(), ETag: etagOf(info)}, nil
}

// classify replaces the file system's errors by the package's.
func classify(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrNotFound
	case errors.Is(err, fs.ErrPermission):
		return ErrDenied
	}
	return err
}
