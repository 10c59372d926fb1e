package state

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"plantrail/pipeline/retry"
	"plantrail/pipeline/store"
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

	mutex sync.Mutex
	read  map[string]*readOnce // by folder
}

// NewCheckpoints returns the states in documents, as far as they are about the given
// event sources.
func NewCheckpoints(documents Documents, eventSources []string, log *slog.Logger) *Checkpoints {
	return &Checkpoints{documents: documents, eventSources: eventSources, log: log, read: map[string]*readOnce{}}
}

// Account returns what is known of an account's folder, named by its URI. It is
// read once, until it is updated, and must not be changed.
func (c *Checkpoints) Account(ctx context.Context, account, folder string) (*Account, error) {
	once := c.once(folder)
	once.mutex.Lock()
	defer once.mutex.Unlock()
	if once.account == nil {
		a, etag, err := c.load(ctx, name(account, folder), folder)
		if err != nil {
			return nil, err
		}
		once.account, once.etag = a, etag
	}
	return once.account, nil
}

// once returns where the state of a folder is kept once it is read.
func (c *Checkpoints) once(folder string) *readOnce {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.read[folder] == nil {
		c.read[folder] = new(readOnce)
	}
	return c.read[folder]
}

// forget returns the state of a folder as it was read, if it was, and forgets it.
func (c *Checkpoints) forget(folder string) (account *Account, etag string) {
	c.mutex.Lock()
	once := c.read[folder]
	delete(c.read, folder)
	c.mutex.Unlock()
	if once == nil {
		return nil, ""
	}
	once.mutex.Lock()
	defer once.mutex.Unlock()
	return once.account, once.etag
}

// A readOnce is the state of a folder as first read. Its mutex lets the folder's
// other regions wait, and none read it again.
type readOnce struct {
	mutex   sync.Mutex
	account *Account // nil until it is read
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
	a, etag := c.forget(folder)
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
		return nil, "", err
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

// name is the name of a state's document: the account, for people, and a hash
// of the folder.
func name(account, folder string) string {
	if account == "" {
		account = "folder"
	}
	hash := sha256.Sum256([]byte(folder))
	return fmt.Sprintf("state/%s-%x.json", account, hash[:8])
}
