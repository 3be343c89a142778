// Package pages runs what our Markdown pages tell a reader to type, so that no
// page can lie. A page is read from top to bottom, as a reader would: its commands
// go to one shell, in a folder of its own, without a way to any network.
//
// What a fenced block is, its info string says:
//
//	sh                commands, all at once; they succeed
//	console           lines "$ COMMAND", each with what it prints below
//	console of WORD   what the program that stays, and was begun with that word,
//	                  prints next; at a line that begins with ^C it is
//	                  interrupted, at a line Killed it is dead
//	FORMAT NAME.EXT   a file, which is written
//
// Words after sh or console:
//
//	stays      the last command goes on, in a terminal of its own
//	fails      the last command does not succeed
//	checkout   in the project's source
//	usage      forms of commands, with names to fill in: not run, but their verbs
//	           and flags are there
//	by-hand    not run: it needs a machine, a cluster, or somebody's account
//
// What a reader of the page has already stands in such a block between lines "<!--
// sh" and "-->": it is run, and not shown.
//
// In what is printed, "…" stands for any text, and as a line of its own for any
// lines. Ids, times, durations, sizes and the like are equal to others of their
// kind, and so is any number of spaces to any other.
package pages
