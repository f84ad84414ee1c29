// Package yeastartest is the Yeastar Partner Portal, simulated: an HTTP server that sells services for
// cloud PBXs, misbehaves on command, and keeps a ledger of what it really sold. The ledger is the oracle:
// whatever a test believes of an order, Server.Ledger says what became of it.
//
// It promises:
//
//   - Every fault happens on the wire. A dropped connection is a closed socket (with RST or FIN), half an
//     answer is half the bytes of its Content-Length, a hanging call hangs until its client is gone.
//   - A fault whose name ends in _after strikes when the order is already in the ledger, one that ends in
//     _before leaves no order. LateCommit is the one between: no answer, and the order comes once the client is gone.
//   - The same Options.Seed gives the same catalog, and the same fate to the n-th request with a poNumber,
//     whatever else runs beside it.
//   - An order number is never given out twice, and two equal requests make two orders: nothing here
//     forgives a client that sends again.
//   - Its behaviour comes from the portal's documentation and not from our client: of package yeastar it
//     uses constants and types alone.
//
// It covers the calls that an order for an existing cloud PBX (product 13) needs: token, product list and
// details, subscribable products, plans and services, billing contacts, create order (purchase_service), order
// list and details. Other operations are refused in words, other paths answer 404. Prices, payment, and
// the subordinate users are not simulated. What the portal's pages leave open is an option, so that a test can
// try each answer; what a test changes in flight has a method, and most have a flag of "orderq sim":
//
//	an answer that is lost, late, broken, too large, or a lie    Faults, Fail…, LateBy; FaultNames lists them
//	a portal that is down, slow, or waits to be told             Down, Latency, Hold
//	poNumber is not shown, cut short, changed, in a remark       Echo, EchoCut, EchoForm
//	the list and details have other names for things             FieldNames
//	an order is in the list late, or last, or is two rows        ListLag, ListOrder, ListTwice
//	pages shift while they are turned                            PageShift, MaxPageSize
//	others order for the same PBX, or for any                    Strangers, Place
//	the portal's clock is wrong                                  ClockOffset
//	capacity cannot be read, it changed, or it lags              Capacity, Extensions, FreezeExtensions
//	an order is pending, and is paid or refunded later           NextStatus, SetStatus
//	tokens end early                                             TokenLife, ExpireTokens, ForgetTokens
//	the simulator itself dies, and comes back                    Journal, OpenJournal, Resume
//
// Faults of reads, PageShift, and UnreadBefore by probability know no poNumber: they go by the call's place among
// its like, and so by who came first.
//
// Beside the portal's paths stand those that steer it from other processes: GET /_ledger, POST /_faults,
// POST /_heal, POST /_down, POST /_place. They ask for no credentials; bind the server to loopback.
package yeastartest
