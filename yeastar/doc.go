// Package yeastar speaks the Yeastar Partner Portal's OpenAPI as it is, and knows nothing of our orders.
//
// It promises four things.
//
//   - Every call ends in one of four outcomes (Outcome): Done, Refused, NotSent, Unknown. They say what
//     the caller may conclude, not where an error arose. Classify, a pure function over what was
//     seen on the wire, decides, and whatever it does not know is Unknown.
//   - CreateOrder puts at most one request on the wire, ever. It never repeats, neither by itself nor
//     through net/http, not even after a 401. When it has returned, not one more byte of that request
//     can be written by this process; and where it was killed, its kernel sends nothing later.
//   - Secrets (the client secret and both tokens) are in no error, no Answer, no text form of Client.
//   - 64-bit ids never pass through a float64.
//
// Sources are the portal's guide, https://help.yeastar.com/en/pp-ptr/developer-guide/, page names in the
// comments. Much of it does not say which fields an answer has; what we assume about those stands in
// read.go and nowhere else.
//
// Limits. The portal has no idempotency key: an Unknown order can only be looked for. A process stopped
// between its last look at the clock and the write system call (a few instructions) writes late. Between
// the kernel and the portal, a network may hold a packet back for as long as it likes. TCP_USER_TIMEOUT is
// set on Linux only. A pagination by offset shifts while rows are added; Products reads again until its
// pages agree, OrderPage leaves that to its caller.
package yeastar
