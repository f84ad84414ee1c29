// Package gather does together what callers ask for at the same time (Group), and so sends their scripts to Redis: one write,
// one read, and, where it appends before it answers, one fsync for all of them (Client).
//
// Client promises what the client beneath promises: each script is carried out by itself, in one piece, and its caller is
// answered after Redis has answered for it. Scripts of callers that do not wait for each other may be carried out in any
// order, as over several connections. A caller whose context ends does not wait any longer, and then the script may have
// been carried out all the same. It gathers EVALSHA alone; everything else goes the usual way.
package gather
