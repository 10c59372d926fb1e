package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"plantrail/pipeline/retry"
)

const (
	// lockName is the file in a folder that its writers lock while they put a
	// file in place. It exists only while one does, or after one was killed.
	lockName = ".plantrail-lock"
	// DefaultLockWait is how long a writer waits for another one. A lock is held
	// for as long as a rename and a sync take, so one that is held this long is
	// held by a process that hangs.
	DefaultLockWait = 5 * time.Minute
	// lockNotice is how long it waits in silence.
	lockNotice = 2 * time.Second
	// lockGrace is how long an interrupted run waits, for a writer that works.
	lockGrace = 2 * time.Second
	// The pauses between two tries.
	lockStep, lockMost = time.Millisecond, 50 * time.Millisecond
)

// errHeld says that another writer has the lock.
var errHeld = errors.New("held by another writer")

// A lock is this process's alone while its file is open and has its name.
type lock struct {
	file *os.File
	end  func() // ends the turn
}

// turn waits for the others of this process that write in a folder, in order: to them,
// there is nothing to say of the wait, however long it takes. Only who has the turn asks
// for the lock, and waits for other processes.
func (d *Dir) turn(ctx context.Context, folder string) (end func(), err error) {
	turns, err := d.shared.turns.get(ctx, folder, func() (chan struct{}, error) { return make(chan struct{}, 1), nil })
	if err != nil {
		return nil, err
	}
	look := time.NewTicker(lockGrace)
	defer look.Stop()
	for {
		select {
		case turns <- struct{}{}:
			return func() { <-turns }, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-look.C:
			if err := interruption(ctx); err != nil {
				return nil, err
			}
		}
	}
}

// lock waits for the lock of a folder. It gives up with the context, or after
// the time that [Shared] sets, and then says who has it.
//
// Not the folder is locked, which whoever may read it could, but a file in it
// that only those can open who may write there.
func (d *Dir) lock(ctx context.Context, folder string) (l *lock, err error) {
	name := filepath.Join(folder, lockName)
	began := time.Now()
	end, err := d.turn(ctx, folder)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	defer func() {
		if l != nil {
			l.end = end
		} else {
			end()
		}
	}()
	turn, said := time.Now(), false
	for pause := lockStep; ; pause = min(2*pause, lockMost) {
		l, err := tryLock(folder, name)
		waited := time.Since(began)
		switch {
		case err == nil:
			return l, nil
		case errors.Is(err, fs.ErrPermission) && waited < lockNotice:
			// Its maker may be about to open it to the folder's other writers.
		case !errors.Is(err, errHeld):
			return nil, fmt.Errorf("lock %s: %w", name, err)
		case waited >= cmp.Or(d.shared.LockWait, DefaultLockWait):
			return nil, fmt.Errorf("lock %s: held for %s by %s: end that process if it hangs, and run again",
				name, waited.Round(time.Second), holder(name))
		}
		if err := interruption(ctx); err != nil {
			return nil, fmt.Errorf("lock %s: interrupted while it was held by %s: %w", name, holder(name), err)
		}
		if !said && time.Since(turn) >= lockNotice {
			said = true
			d.shared.log().Warn("waiting for another writer of the table", slog.String("lock", name), slog.String("holder", holder(name)),
				slog.Duration("gives_up_after", cmp.Or(d.shared.LockWait, DefaultLockWait)))
		}
		if err := retry.Sleep(ctx, pause); err != nil {
			return nil, fmt.Errorf("lock %s: %w", name, err)
		}
	}
}

// tryLock takes the lock of a folder if nobody has it.
//
// Whoever has the lock removes its file before letting go. So a process that
// gets the lock of a file makes sure that this is still the one with the name:
// else it has the lock of a file that nobody will look at again.
func tryLock(folder, name string) (*lock, error) {
	file, err := openLock(folder, name)
	if err != nil {
		return nil, err
	}
	if err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		err = errHeld
	}
	if err == nil && !isNamed(file, name) {
		err = errHeld
	}
	if err == nil {
		err = tellHolder(file)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &lock{file: file}, nil
}

// openLock opens a folder's lock file, or makes it for those alone who may write
// in the folder.
func openLock(folder, name string) (*os.File, error) {
	const flags = os.O_RDWR | syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	file, err := os.OpenFile(name, flags|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		return file, shareLock(folder, file)
	case !errors.Is(err, fs.ErrExist):
		return nil, err
	}
	file, err = os.OpenFile(name, flags, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errHeld // until just now
	case errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.EISDIR):
		return nil, fmt.Errorf("%w: remove it", errIrregular)
	case err != nil:
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, fmt.Errorf("%w: remove it", errIrregular), file.Close())
	}
	return file, nil
}

// shareLock has those open a lock file who may write in its folder.
func shareLock(folder string, file *os.File) error {
	info, err := os.Stat(folder)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	perm := fs.FileMode(0o600)
	for _, writes := range []fs.FileMode{0o020, 0o002} {
		if info.Mode()&writes != 0 {
			perm |= writes | writes<<1
		}
	}
	if perm == 0o600 {
		return nil
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		file.Chown(-1, int(stat.Gid)) //nolint:errcheck // who is not in the group has no lock to share with it
	}
	if err := file.Chmod(perm); err != nil {
		return errors.Join(err, file.Close())
	}
	return nil
}

// isNamed reports whether a name still leads to an open file.
func isNamed(file *os.File, name string) bool {
	open, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(name)
	return err == nil && os.SameFile(open, named)
}

// tellHolder writes into a lock file whose it is.
func tellHolder(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// holder names the process that has a lock, as far as its file tells.
func holder(name string) string {
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "another process"
	}
	defer file.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(file, 32))
	if err != nil {
		return "another process"
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d", pid)
}

// release gives the lock back, and its file is gone.
func (l *lock) release(folder string) error {
	defer l.end()
	return errors.Join(os.Remove(filepath.Join(folder, lockName)), l.file.Close())
}

// abandon lets the lock go as the death of its process would.
func (l *lock) abandon() error {
	defer l.end()
	return l.file.Close()
}

// sweepLock removes a lock file that a dead process has left.
func sweepLock(name string) error {
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil // a Put will say what is the matter
	}
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only locked
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil || !isNamed(file, name) {
		return nil //nolint:nilerr // somebody has it
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// finishing is a context's interruption, when it comes.
type finishing struct {
	cause func() error
	ended atomic.Int64 // when it came, in nanoseconds; 0 before
}

type finishingKey struct{}

// Finishing returns a context for what an interrupted run still has to do. It
// does not end with ctx; but once that has ended, a Put waits no longer for
// another writer than one that works takes.
func Finishing(ctx context.Context) context.Context {
	f := &finishing{cause: ctx.Err}
	context.AfterFunc(ctx, func() { f.ended.Store(time.Now().UnixNano()) })
	return context.WithValue(context.WithoutCancel(ctx), finishingKey{}, f)
}

// interruption returns why there is no time to wait any more.
func interruption(ctx context.Context) error {
	f, ok := ctx.Value(finishingKey{}).(*finishing)
	if !ok {
		return nil
	}
	if ended := f.ended.Load(); ended != 0 && time.Since(time.Unix(0, ended)) > lockGrace {
		return f.cause()
	}
	return nil
}
