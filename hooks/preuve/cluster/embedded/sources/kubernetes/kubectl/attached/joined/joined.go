// Package joined tells what a terminal that comes late has to show first.
package joined

import "bytes"

// With gives what a container had printed before the first data came from it, then these data.
//
// Its log may be behind them, and have nothing of them or a part; or it may be ahead of them: a terminal sends
// the end of a line by itself, and a log has whole lines. Printed twice, the later time is meant, for the log
// was read after the data had come.
func With(data, log []byte) []byte {
	at := bytes.LastIndex(log, data)
	if at < 0 {
		at = max(0, len(log)-len(data))
		for !bytes.HasPrefix(data, log[at:]) {
			at++
		}
	}
	return append(log[:at:at], data...)
}
