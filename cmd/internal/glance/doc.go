// Package glance shares one reading among all who want to look: a page that everybody has open and a scraper that
// comes too often must not load Redis.
//
// It promises that a reading is under way at most once at a time, begins at most once a second and takes at most a
// tenth of the time, and that nobody waits longer for it than its deadline, though what is read does not keep to that
// (asynq's Inspector takes no context). What a look gives may therefore be a little old, and says nothing about now.
package glance
