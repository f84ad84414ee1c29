// Package gather sends the scripts of callers who come at the same time together: one write to Redis, one read, and, where
// it appends before it answers, one fsync for all of them.
//
// It promises what the client beneath promises: each script is carried out by itself, in one piece, and its caller is
// answered after Redis has answered for it. Scripts of callers that do not wait for each other may be carried out in any
// order, as over several connections. A caller whose context ends does not wait any longer, and then the script may have
// been carried out all the same. It gathers EVALSHA alone; everything else goes the usual way.
package gather
