// Package storetest gives tests a store of their own: on a real redis-server where one is on the PATH, and
// on the embedded one, each with a switch that cuts every connection to it.
//
// Every room is its own server, so tests run in parallel and may use asynq's keys too. With CI set, a
// machine without redis-server is a failure and not a reason to skip.
package storetest
