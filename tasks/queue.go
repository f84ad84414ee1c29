package tasks

// The asynq queues.
const (
	QueueUrgent = "urgent" // before all others
	QueueOrders = "orders" // what a plain producer uses
	QueueBulk   = "bulk"   // batches
)

// OrderQueues are the queues that carry orders, with their weights: out of ten pickups about six go to
// urgent while it has work. Weights and not strict order, so that a batch moves on while single orders come.
func OrderQueues() map[string]int {
	return map[string]int{QueueUrgent: 6, QueueOrders: 3, QueueBulk: 1}
}
