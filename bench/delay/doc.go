// Package delay puts time between a client and a server on this machine, as
// distance and a store's own work do in life.
//
//  1. A connection to the [Proxy] is one to its server.
//  2. What a client sends is read at once, and sent on when it has waited for
//     the delay. So a request takes that much longer, in however many pieces it
//     comes, and no connection waits for another.
//  3. What the server answers passes without delay, and on Linux without being
//     copied through this process.
package delay
