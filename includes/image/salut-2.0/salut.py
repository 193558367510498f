import os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

VERSION = "2.0"

class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"Salut {os.environ['NOM']} ! Version {VERSION}\n".encode())

# Quand on lui demande de s’arrêter, le programme s’arrête tout de suite.
signal.signal(signal.SIGTERM, lambda *_: sys.exit())

HTTPServer(("", 8000), Page).serve_forever()
