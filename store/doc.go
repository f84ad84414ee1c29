// Package store is what orderq knows of its orders: one record in Redis per order, moved from state to
// state by named moves, each one script that compares the version it read, writes the record, its indexes,
// its history and its event, or writes nothing.
//
// # What it promises
//
// The state submitting is entered through Gate alone, by compare-and-set on the version just read, so that
// of any number of deliveries of one order at most one may POST. The gate also asks whether this Redis is
// the run that was found to remember everything, whether a person has halted the account, whether the
// portal is well, whether another order for the same PBX is in doubt, and whether the rate allows it.
// A portal order number belongs to one record. Final states are final.
//
// # What it does not
//
// It believes what Redis says. That Redis does not forget is the business of its settings (durability, see
// orderq doctor), of the epoch that Gate compares, and of the send journal (store/journal).
//
// Scripts use only commands of Redis 6.2 and touch one account's keys, which share a hash tag.
package store
