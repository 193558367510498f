// Package joined tells what a terminal that comes late has to show first.
package joined

import "bytes"

// With gives what a container had printed before the first data came from it, then these data.
//
// Its log may be behind them, and have nothing of them or their beginning; or it may have all of them, and the
// end of their line, which a terminal sends by itself.
func With(data, log []byte) []byte {
	ended := bytes.TrimSuffix(bytes.TrimSuffix(log, []byte("\n")), []byte("\r"))
	if len(data) > 0 && bytes.HasSuffix(ended, data) {
		return ended
	}
	at := max(0, len(log)-len(data))
	for !bytes.HasPrefix(data, log[at:]) {
		at++
	}
	return append(log[:at:at], data...)
}
