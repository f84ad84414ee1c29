// Command orderq places purchase orders at the Yeastar Partner Portal, each at most once.
//
// It is one binary: the worker, the commands of a person, the simulated portal, the demo and the benchmark.
// Begin with "orderq demo" or "orderq --help". Results go to stdout, messages to stderr; exit codes are part
// of the contract: 0 done, 1 failed, not found or in conflict, 2 wrong use, 3 rejected or cancelled, 4 unknown
// or in review, 5 not final yet.
//
// What it promises of orders is said in packages worker and store. What it does not: it knows no prices, and
// it cannot take an order back that the portal has.
package main
