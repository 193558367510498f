#!/bin/sh
# Compte les Pods de la page.
kubectl get pods -o name | wc -l
