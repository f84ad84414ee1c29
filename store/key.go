package store

// Keys names every Redis key of one account. They share one hash tag, {account}, so that every script is
// legal on a cluster and accounts spread over its slots. This file is the keys' only home.
type Keys struct{ root string }

// KeysOf gives the keys of an account under a prefix ("orderq" unless a test wants its own room).
func KeysOf(prefix, account string) Keys { return Keys{prefix + ":{" + account + "}:"} }

func (k Keys) Order(id string) string          { return k.root + "o:" + id }                     // hash: the record
func (k Keys) History(id string) string        { return k.root + "h:" + id }                     // list: entries, oldest first, without the first, which is the record's
func (k Keys) In(s State) string               { return k.root + "in:" + string(s) }             // zset: ids by acceptedAt, ms
func (k Keys) Due() string                     { return k.root + "due" }                         // zset: ids a worker has to take, by ms
func (k Keys) Look() string                    { return k.root + "look" }                        // zset: ids somebody has to look at, by ms
func (k Keys) Numbers() string                 { return k.root + "numbers" }                     // hash: portal order number → id
func (k Keys) Claims() string                  { return k.root + "claims" }                      // hash: target → id of the order in doubt
func (k Keys) Line(target string) string       { return k.root + "line:" + target }              // zset: ids that wait for the claim
func (k Keys) PBX(target string) string        { return k.root + "pbx:" + target }               // zset: ids for this target, by acceptedAt
func (k Keys) Fleet() string                   { return k.root + "fleet" }                       // hash: what the workers share (store/fleet)
func (k Keys) Workers() string                 { return k.root + "workers" }                     // zset: worker → last heartbeat, ms
func (k Keys) Hosts() string                   { return k.root + "hosts" }                       // hash: journal folders that send, and what each attested (store/fleet)
func (k Keys) Marks() string                   { return k.root + "marks" }                       // hash: number → reading of the portal's list
func (k Keys) Like(target, what string) string { return k.root + "like:" + target + ":" + what } // zset: ids, each with a space and its batch, that look alike, by when they were let go, ms; it ends with their window
func (k Keys) Limits() string                  { return k.root + "limits" }                      // hash: what a person allows: duplicateWindow, eventsKept (ms), day:<kind>, account:<kind>, batch:<id> (units)
func (k Keys) Spent() string                   { return k.root + "spent" }                       // hash: units spent or in doubt: <kind>, <UTC day>:<kind>, batch:<id>
func (k Keys) Moves() string                   { return k.root + "moves" }                       // hash: '<state left, or -> <state entered> <kind>' → how many orders
func (k Keys) Events() string                  { return k.root + "events" }                      // stream: one entry a move
func (k Keys) Passages() string                { return k.root + "passages" }                    // hash: target → how many orders for it the gate has let through

func (k Keys) Batches() string            { return k.root + "batches" }           // zset: batch ids by when they began, ms (store/batch)
func (k Keys) Unreleased() string         { return k.root + "unreleased" }        // zset: batch ids with rows that wait for their release, by when they began
func (k Keys) Braked() string             { return k.root + "braked" }            // zset: batch ids with brakes that are not over, by when they were applied
func (k Keys) Batch(id string) string     { return k.root + "b:" + id }           // hash: what a batch is
func (k Keys) BatchRows(id string) string { return k.root + "b:" + id + ":rows" } // hash: row number → order id, space, row as JSON; at:<order id> → its place; old:<order id> → the row of an earlier file; next:<order id> → the row of the order that took its place
func (k Keys) BatchHeld(id string) string { return k.root + "b:" + id + ":held" } // zset: ids that wait for their release, by row number

func (k Keys) Hooks() string                { return k.root + "hooks" }                   // zset: webhook endpoint ids by when they were added, ms (store/hook)
func (k Keys) Hook(id string) string        { return k.root + "hook:" + id }              // hash: what an endpoint is, and its cursor on the events
func (k Keys) HookSecrets(id string) string { return k.root + "hook:" + id + ":secrets" } // zset: secret → until when it signs, ms; the current one: +inf
func (k Keys) HookEvents(id string) string  { return k.root + "hook:" + id + ":events" }  // hash: event id → state, space, version; of those that wait for their delivery
func (k Keys) HookLanes(id string) string   { return k.root + "hook:" + id + ":lanes" }   // hash: order id → tries of its first event, since when it is the first (ms), event ids, oldest first
func (k Keys) HookDue(id string) string     { return k.root + "hook:" + id + ":due" }     // zset: order ids by when their first event is to be tried, ms
func (k Keys) HookLog(id string) string     { return k.root + "hook:" + id + ":log" }     // list: deliveries and notes, newest first
