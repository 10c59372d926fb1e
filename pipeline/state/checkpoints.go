package state

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"plantrail/pipeline/retry"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// Documents are where states are kept. A table is.
type Documents interface {
	Document(ctx context.Context, name string) (text []byte, etag string, err error)
	PutDocument(ctx context.Context, name string, text []byte, etag string) error
}

// Checkpoints are the states of a table's accounts.
type Checkpoints struct {
	documents    Documents
	eventSources []string
	log          *slog.Logger
	over         trail.Day // days after it cannot be settled
	distrusted   sync.Once

	mutex sync.Mutex
	read  map[string]*readOnce // by document
}

// NewCheckpoints returns the states in documents, as far as they are about the given
// event sources. That a day after over is settled, they are not believed.
func NewCheckpoints(documents Documents, eventSources []string, over trail.Day, log *slog.Logger) *Checkpoints {
	return &Checkpoints{documents: documents, eventSources: eventSources, over: over, log: log, read: map[string]*readOnce{}}
}

// Account returns what is known of an account's folder, named by its URI. It is
// read once, until it is updated, and must not be changed.
func (c *Checkpoints) Account(ctx context.Context, account, folder string) (*Account, error) {
	once := c.once(name(account, folder))
	once.mutex.Lock()
	defer once.mutex.Unlock()
	if once.account == nil {
		a, etag, err := c.load(ctx, name(account, folder), folder)
		if err != nil {
			return nil, err
		}
		once.account, once.written, once.etag = c.believed(a, name(account, folder)), a, etag
	}
	return once.account, nil
}

// believed returns what is believed of a state.
func (c *Checkpoints) believed(a *Account, name string) *Account {
	b := a.clone()
	if !b.Distrust(c.over) {
		return a
	}
	c.distrusted.Do(func() {
		c.log.Warn("state not believed: an earlier run's clock was ahead, or it rechecked for a shorter time; days that may still get log files are listed again",
			slog.String("document", name), slog.String("after", c.over.String()))
	})
	return b
}

// once returns where the state of a folder is kept once it is read.
func (c *Checkpoints) once(name string) *readOnce {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.read[name] == nil {
		c.read[name] = new(readOnce)
	}
	return c.read[name]
}

// forget returns the state of a folder as it is written, if it was read, and
// forgets it.
func (c *Checkpoints) forget(name string) (account *Account, etag string) {
	c.mutex.Lock()
	once := c.read[name]
	delete(c.read, name)
	c.mutex.Unlock()
	if once == nil {
		return nil, ""
	}
	once.mutex.Lock()
	defer once.mutex.Unlock()
	return once.written, once.etag
}

// A readOnce is the state of a folder as first read. Its mutex lets the folder's
// other regions wait, and none read it again.
type readOnce struct {
	mutex   sync.Mutex
	account *Account // as it is believed; nil until it is read
	written *Account // as it is
	etag    string
}

// updates returns how an update is done again because another run was faster.
// Each time one of the runs gets through.
func updates() retry.Policy {
	return retry.Policy{Attempts: 100, Step: 20 * time.Millisecond, Most: 400 * time.Millisecond}
}

// Update adds claims to what is known of an account's folder. What another run
// claims at the same time is kept.
//
// It begins with the state as [Checkpoints.Account] read it: a run that claims once
// reads and writes each state once. If the state has changed since, the put is
// refused, and it is read again.
func (c *Checkpoints) Update(ctx context.Context, account, folder string, claims []Claim) error {
	return updates().Do(ctx, store.IsChanged, func() error {
		return c.updateOnce(ctx, name(account, folder), folder, claims)
	})
}

func (c *Checkpoints) updateOnce(ctx context.Context, name, folder string, claims []Claim) error {
	a, etag := c.forget(name)
	if a != nil {
		a = a.clone() // others may be reading it
	} else {
		var err error
		if a, etag, err = c.load(ctx, name, folder); err != nil {
			return err
		}
	}
	before, err := a.Text()
	if err != nil {
		return err
	}
	for _, claim := range claims {
		a.Apply(claim)
	}
	after, err := a.Text()
	if err != nil || string(before) == string(after) {
		return err
	}
	return c.documents.PutDocument(ctx, name, after, etag)
}

// load reads a state, or begins one where there is none that can be used.
func (c *Checkpoints) load(ctx context.Context, name, folder string) (a *Account, etag string, err error) {
	text, etag, err := c.documents.Document(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return New(folder, c.eventSources), "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read state: %w", err)
	}
	a, err = Parse(text, folder, c.eventSources)
	if err == nil {
		return a, etag, nil
	}
	c.log.Warn("state set aside: its work is done again", slog.String("document", name), slog.Any("error", err))
	err = c.documents.PutDocument(ctx, name+".aside", text, "")
	if err != nil && !errors.Is(err, store.ErrChanged) {
		return nil, "", err
	}
	return New(folder, c.eventSources), etag, nil
}

// Reopen takes back what is known of delivery days in the state of a document, so
// that their log files are listed and read again.
func (c *Checkpoints) Reopen(ctx context.Context, document string, days trail.Days) error {
	return updates().Do(ctx, store.IsChanged, func() error {
		text, etag, err := c.documents.Document(ctx, document)
		if err != nil {
			return err
		}
		a, err := ParseAny(text)
		if err != nil {
			return nil //nolint:nilerr // it is set aside when it is needed
		}
		for _, r := range a.Regions {
			r.takeBack(days)
			r.Files = nil // nobody knows of which days their records are
			maps.DeleteFunc(r.Days, func(day trail.Day, _ Tally) bool { return days.Has(day) })
		}
		after, err := a.Text()
		if err != nil || string(after) == string(text) {
			return err
		}
		return c.documents.PutDocument(ctx, document, after, etag)
	})
}

// name is the name of a state's document: the account, for people, and a hash
// of the folder.
func name(account, folder string) string {
	if account == "" {
		account = "folder"
	}
	hash := sha256.Sum256([]byte(folder))
	return fmt.Sprintf("state/%s-%x.json", account, hash[:8])
}
