import os, socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHOIX = os.environ["CHOIX"].split(",")

def base(*mots):
    """Envoie une commande à redis, et rend sa réponse."""
    with socket.create_connection((os.environ["BASE"], 6379), timeout=2) as lien:
        lien.sendall((" ".join(mots) + "\r\n").encode())
        return lien.makefile().readline().strip().lstrip("+:")

def reponse(chemin):
    """Le code et le texte qui répondent à une adresse."""
    if chemin == "/sante":
        return 200, "prêt"
    if chemin == "/resultats":
        return 200, "\n".join(f"{c} : {base('INCRBY', c, '0')}" for c in CHOIX)
    if chemin == "/gagnant":
        voix = {c: int(base("INCRBY", c, "0")) for c in CHOIX}
        return 200, "En tête : " + max(voix, key=voix.get)
    choix = chemin.lstrip("/")
    if choix not in CHOIX:
        return 404, "Votez pour : " + ", ".join(CHOIX)
    base("LPUSH", "file", choix)
    return 200, "Merci, voix pour " + choix

class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            code, texte = reponse(self.path)
        except OSError:
            code, texte = 503, "La base ne répond pas"
        self.send_response(code)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write((texte + "\n").encode())

ThreadingHTTPServer(("", 8000), Page).serve_forever()
