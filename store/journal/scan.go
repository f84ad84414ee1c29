package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// ErrDamaged: a record cannot be read and readable ones come behind it, so it is not a torn end. What
// it said is lost; a person must look before anything is concluded from the file.
var ErrDamaged = errors.New("journal is damaged")

// scan reads a journal from its start and gives every record that can be read, the header first. The
// error is ErrDamaged for a bad record in the middle (the readable ones behind it were given all the
// same), for a header that is missing or of another version, or what the reader failed with. A torn end
// is no error.
func scan(r io.Reader, name string, give func(record)) error {
	in := bufio.NewReaderSize(r, maxLine)
	var at, bad int64 = 0, -1
	var damage error
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		whole := err == nil
		begins := at
		at += int64(len(line))
		for errors.Is(err, bufio.ErrBufferFull) {
			line, err = in.ReadSlice('\n')
			at += int64(len(line))
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read journal %s: %w", name, err)
		}
		if at > begins {
			var rec record
			bare := errBad
			if whole {
				rec, bare = decode(line[:len(line)-1])
			}
			switch {
			case first:
				if damage = headed(rec, bare, name); damage != nil {
					return damage
				}
				give(rec)
			case bare != nil || rec.Open != nil:
				if bad < 0 {
					bad = begins
				}
			default:
				if bad >= 0 && damage == nil {
					damage = fmt.Errorf("%w: %s at byte %d: keep the file and look at the orders of its time", ErrDamaged, name, bad)
				}
				give(rec)
			}
		} else if first {
			return headed(record{}, errBad, name)
		}
		if err != nil {
			return damage
		}
	}
}

func headed(first record, bare error, name string) error {
	switch {
	case bare != nil || first.Open == nil:
		return fmt.Errorf("%w: %s has no header: keep the file and look at the orders of its time", ErrDamaged, name)
	case first.Open.Version != Version:
		return fmt.Errorf("journal %s is of version %d, this program reads %d: use the program that wrote it", name, first.Open.Version, Version)
	}
	return nil
}
