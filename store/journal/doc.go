// Package journal is the send journal: what this host sent to the portal, told by a file that Redis
// cannot take back.
//
// A process opens one file in a folder that the host's processes share, and holds it by flock for as
// long as it lives. [Journal.Begin] makes an attempt durable before its first byte may leave;
// [Journal.End] notes what came of it. From outside, [Sender] answers the one question that decides
// whether an absent order may be sent again by machine: is whoever held this attempt finished? A
// journal that says "the call returned", or a lock that can be taken, is proof. A time-out is not: a
// paused process wakes up and sends. [Read] gives everything to a recovery after Redis came back older
// than it was.
//
// # Promises
//
//   - When Begin returns nil the attempt is on the disk: written and fsynced, the folder's entry too.
//     When it returns an error the attempt must not be sent, and End must not be called for it.
//   - After one failed write or fsync the journal takes nothing more, for good. The kernel may drop
//     dirty pages after a failed fsync and report success at the next one, so a second try proves
//     nothing. A new process starts a new file.
//   - The lock is never let go while an attempt is in flight: Close refuses, and says so.
//   - A file under its final name has a complete header and was locked before it got that name.
//   - A torn end, as a crash or a running writer leaves it, is recognised by checksum and passed over.
//     Damage with readable records behind it is an error that names file and byte.
//
// # Limits
//
// The folder must be on a disk of this host. flock over NFS depends on its server, and a folder seen by
// two hosts proves nothing about either. A file grows with every attempt (about a kilobyte) until its
// process ends; [Journal.Size] tells when a long-lived process had better open the next one. The disk
// must honour fsync. Windows has no flock: Open returns [errors.ErrUnsupported] there.
//
// The file is one record per line: eight hex digits of CRC-32C, a space, JSON. Bodies are in it and
// order numbers; credentials are not, the client id only as a hash.
package journal
