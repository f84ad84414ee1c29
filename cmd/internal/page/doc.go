// Package page is the page at /: it tells in ten seconds whether money is safe, in the words of `orderq status`, and what
// a person has to do where it is not.
//
// It promises that it changes nothing, that it loads nothing from other hosts and runs no script but its own, that no
// word of a caller becomes markup, and that one who cannot see or use a mouse gets the same. It does not say that money
// is safe where it cannot know: without Redis it says that, and a page that does not reach its server says how old it is.
package page
