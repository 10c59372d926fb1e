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

// A Book reads and writes the states of a table's accounts.
type Book struct {
	documents    Documents
	eventSources []string
	log          *slog.Logger

	mutex sync.Mutex
	read  map[string]*readOnce // by folder
}

// NewBook returns the states in documents, as far as they are about the given
// event sources.
func NewBook(documents Documents, eventSources []string, log *slog.Logger) *Book {
	return &Book{documents: documents, eventSources: eventSources, log: log, read: map[string]*readOnce{}}
}

// Account returns what is known of an account's folder, named by its URI. It is
// read once, until it is updated, and must not be changed.
func (b *Book) Account(ctx context.Context, account, folder string) (*Account, error) {
	once := b.once(folder)
	once.mutex.Lock()
	defer once.mutex.Unlock()
	if once.account == nil {
		a, etag, err := b.load(ctx, name(account, folder), folder)
		if err != nil {
			return nil, err
		}
		once.account, once.etag = a, etag
	}
	return once.account, nil
}

// once returns where the state of a folder is kept once it is read.
func (b *Book) once(folder string) *readOnce {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.read[folder] == nil {
		b.read[folder] = new(readOnce)
	}
	return b.read[folder]
}

// take returns the state of a folder as it was read, if it was, and forgets it.
func (b *Book) take(folder string) (account *Account, etag string) {
	b.mutex.Lock()
	once := b.read[folder]
	delete(b.read, folder)
	b.mutex.Unlock()
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
// It begins with the state as [Book.Account] read it: a run that claims once
// reads and writes each state once. If the state has changed since, the put is
// refused, and it is read again.
func (b *Book) Update(ctx context.Context, account, folder string, claims []Claim) error {
	return updates().Do(ctx, store.IsChanged, func() error {
		return b.updateOnce(ctx, name(account, folder), folder, claims)
	})
}

func (b *Book) updateOnce(ctx context.Context, name, folder string, claims []Claim) error {
	a, etag := b.take(folder)
	if a != nil {
		a = a.clone() // others may be reading it
	} else {
		var err error
		if a, etag, err = b.load(ctx, name, folder); err != nil {
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
	return b.documents.PutDocument(ctx, name, after, etag)
}

// load reads a state, or begins one where there is none that can be used.
func (b *Book) load(ctx context.Context, name, folder string) (a *Account, etag string, err error) {
	text, etag, err := b.documents.Document(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return New(folder, b.eventSources), "", nil
	}
	if err != nil {
		return nil, "", err
	}
	a, err = Parse(text, folder, b.eventSources)
	if err == nil {
		return a, etag, nil
	}
	b.log.Warn("state set aside: its work is done again", slog.String("document", name), slog.Any("error", err))
	err = b.documents.PutDocument(ctx, name+".aside", text, "")
	if err != nil && !errors.Is(err, store.ErrChanged) {
		return nil, "", err
	}
	return New(folder, b.eventSources), etag, nil
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
