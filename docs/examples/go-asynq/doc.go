// Command go-asynq places an order with asynq and nothing of orderq's: a task of a type, on a queue, with the intent as its
// payload. A worker accepts the order when it first sees the task; what becomes of it, orderq or its HTTP API tell.
package main
