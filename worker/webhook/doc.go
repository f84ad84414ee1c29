// Package webhook tells endpoints of orders' moves, after Standard Webhooks 1.0.0.
//
// # What it promises
//
// Every event that an endpoint asks for is POSTed to it until it answers 2xx, for a day, with growing pauses; those of
// one order in their order, those of different orders may overtake each other. At least once: after a crash, or where an
// answer got lost, the same event comes again under the same webhook-id. The body's data is the order as it is at the
// delivery; event.state and event.version are the move's own. Package store/hook keeps what waits.
//
// Deliveries run beside the orders' handlers, each endpoint by itself, behind a breaker of its own: an endpoint that
// hangs or fails keeps nobody waiting but itself.
//
// # Whom it does not call
//
// Addresses that are no public ones, unless the settings name them; asked of the address that is dialled, after names
// were looked up. Redirects are not followed, proxies of the environment are not used, and plain http is for addresses
// alone that the settings name.
package webhook
