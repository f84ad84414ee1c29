// Package office answers what people and programs ask of one account: which order or batch a word names, how things
// stand, what a decision comes to, what the portal lists. The commands and the HTTP API differ in how they are asked
// and how they show the answer; what they have in common is here.
//
// It promises that both ways in give the same answer. It decides nothing by itself, and prints nothing.
package office
