// Package oracle holds what orderq has written down against what the portal really did, and says where the
// two disagree. It is the judge of the demo and of every proof that runs against the simulated portal.
//
// It promises to be pure: records and ledger in, verdict out, the same for the same input. It believes
// neither side about the other; a record's order number counts only if the ledger has it, with the same
// transaction, PBX, quantity and billing cycle.
//
// It takes a picture, not a film: both sides must be at rest when they are read, or an order that is
// moving just then is called open. Orders that somebody made by hand at the portal belong to nobody here;
// a record that claims one is found out.
package oracle
