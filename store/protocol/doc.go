// Package protocol is orderq's protocol as models small enough to look at every state that they can come to:
// one order, a few workers, and everything that may happen to them and to Redis, in every sequence. It has no
// code but tests, and nothing imports it. A change to the gate, to the journal or to recovery is tried here
// first: what looks safe and is not costs a trace here, and an order there.
//
//	go test ./store/protocol        all that is safe is safe, all that is not is found out
//	go test -v ./store/protocol     with each variant's number of states and, where it breaks a promise, the
//	                                shortest way there, in words
//	go test ./store/protocol -deep  the present protocol in bigger scopes too; minutes
//
// # What is modelled
//
// Four drafts, each with the variants that were thought of and the number of states that each has to have; those
// are the numbers of the programs that the drafts were first tried with, so that these models are known to be
// the same: what makes an order at most one (once), when an absent one may be sent again (sender), what closes
// the hole of a Redis that goes back (rollback), and which journals are proof (hosts).
//
// And the protocol as it is to be (present), with its promises: the portal has at most one order for an intent,
// and while the gate is open, no record says that nothing was sent when something was.
//
//   - The gate is one step: state, number of the attempt and epoch are compared, and the order is submitting.
//     The journal comes after it, the POST after that. A process may die or sleep anywhere.
//   - Redis goes back to any earlier state of itself, or is flushed, under a new run or, if flushed, the same.
//   - A process vouches when none of its passages is without its journal. A host compares its journals with the
//     record when each of its processes is dead or has vouched; what the record does not know becomes unknown,
//     whatever it was. Then it attests, which puts the hosts that its disk lists on Redis' list. When all on
//     the list have attested, the gate opens.
//   - A new host joins the list and sends when every host on it has it on its disk.
//
// # What it does not do without
//
// Each has its variant that breaks a promise; these were not obvious:
//
//   - A record knows a passage by a name of its own, never by the attempt's number: a number that Redis spent on a
//     passage that came to nothing is spent again, on another, by a Redis that went back.
//   - A recalled order is not sent again before the senders of all its passages are finished: the last by number
//     need not be the last that sends.
//   - The outcome "not sent" moves a record only if it names the passage that the record names; or every
//     passage that is given up is in a journal and counts there.
//   - A host's word is on what Redis was when it compared. A flush in between voids it, also under the same run;
//     likewise a process's word.
//   - A host that knows of no other does not begin the list of an empty Redis by itself: what it is empty of may
//     lie on the disks of others. A person founds a ledger, or a journal that names it brings it back.
//   - What a host has on its disk is said by the names of the hosts there. Lists that go by numbers are taken for
//     others when Redis goes back.
//
// # What the abstraction leaves out
//
// One order and one passage at a time in each process: claims, counts, rates, batches and breakers are not there, nor is a
// process that holds two passages. Accepted and preparing are one, and so are unknown and review; a person's
// verdict on a review is not modelled, and one who gives a host up is only shown to take the risk. Time is not
// there: deadlines may be over at once, and the horizon of a search is taken to be sound, so nothing is judged
// absent while a request is on its way. The portal's list is read rightly, and answers that refuse are not told
// apart; nor is a portal's word that it did nothing with a request that it read (a 429), so that of two recalled
// passages one may have come to nothing while the other is in doubt. Prove found what follows from that, and package
// worker's TestAnAttemptThatCameToNothing… has it. Disks keep what was synced, and no journal is pruned, damaged or lost; a folder that is lost is a host
// that a person gives up. Redis that goes back without a new run and without losing its epoch (a master that was
// a replica for a while) is beyond the gate: it is shown to be, and has to be seen by other means.
//
// Safe means: no state within the scope breaks a promise. Scopes are small (up to three hosts and three processes, up
// to three attempts, Redis goes back up to three times); deaths, deliveries, looks and sleep are not bounded.
package protocol
