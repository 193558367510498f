import os, socket, sys, time

def compter():
    with socket.create_connection((os.environ["BASE"], 6379), timeout=3) as lien:
        reponses = lien.makefile()
        open("/tmp/pret", "w").close()  # ce que la sonde attend

        def base(*mots):
            lien.sendall((" ".join(mots) + "\r\n").encode())
            ligne = reponses.readline().strip()
            if not ligne:
                raise ConnectionError("la base a coupé la connexion")
            if ligne == "*-1":  # aucune voix en une seconde
                return None
            if ligne.startswith("*"):  # une liste : la file, puis la voix
                return [reponses.readline().strip() for _ in range(4)][3]
            return ligne.lstrip(":")

        while True:
            choix = base("BRPOP", "file", "1")
            if choix:
                print(choix, base("INCR", choix), file=sys.stderr)

print("à l’écoute de la file", file=sys.stderr)
while True:
    try:
        compter()
    except socket.gaierror:  # un nom inconnu : le réglage est faux
        raise
    except OSError:  # la base redémarre : on réessaie
        time.sleep(0.2)
