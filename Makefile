# Each target is one line; what it does is in scripts/setup.py. `scripts/run TARGET` works without make.
.PHONY: push-codes bench-push demo test dev check size time-demo bench-ingest bench-worker bench-restore chaos fuzz cluster dos deliver bench-snippet exit-score webkit gallery access paint inject chaos-send race stops limits coupons clean

demo:  ## start Heimta and a shop to try it on
	@sh scripts/run demo

test:  ## install what tests need and run everything
	@sh scripts/run test

dev:   ## prepare the clone for work on the code
	@sh scripts/run dev

check: ## linters, types and byte budgets: everything that needs no running program
	@sh scripts/run check

size:  ## what shoppers download, against its budget
	@sh scripts/run size

time-demo: ## how long a stranger waits for `make demo`, first and again
	@python3 scripts/time_demo.py

# The long proofs: each measures what it names and ends with PASS|FAIL lines (loadtest/README.md).
bench-ingest:  ## what a durable batch costs, beside a server that stores nothing
	@sh scripts/run bench-ingest

bench-worker:  ## how fast the log is folded, and what a visitor costs
	@sh scripts/run bench-worker

bench-restore: ## a million visitors backed up, and brought back into another store
	@sh scripts/run bench-restore

chaos:         ## kills, stalls, full disks: nothing acknowledged is lost or counted twice
	@sh scripts/run chaos

fuzz:          ## a million bodies, half of them nearly right
	@sh scripts/run fuzz

dos:           ## slow, silent and huge requests with no proxy in front
	@sh scripts/run dos

cluster:       ## three masters and three replicas, a failover and moving slots under load
	@sh scripts/run cluster

deliver:       ## every event gets home, once: leaving, outages, killed browsers, 200 ms away
	@sh scripts/run deliver

bench-snippet: ## what a shop's page pays for the tag, beside the page without it and other tags
	@sh scripts/run bench-snippet

exit-score:    ## leaving told from wandering, beside three one-line detectors
	@sh scripts/run exit-score

webkit:        ## pages that are hard to be a guest on, in Safari's engine
	@sh scripts/run webkit

gallery:       ## a picture of every template, wide and on a phone
	@sh scripts/run gallery

access:        ## axe and a walk by keyboard: every template, light, dark, right to left, narrow, in two browsers
	@sh scripts/run access

limits:        ## nobody gets more messages than their shop allows, or any at night
	@sh scripts/run limits

paint:         ## from the signal to the first paint, a fourth of the speed, the network cut
	@sh scripts/run paint

inject:        ## scripts in every text, address, colour and attribute: none runs
	@sh scripts/run inject

push-codes:    ## fourteen answers of a push service, a thousand times each
	@sh scripts/run push-codes

bench-push:    ## pushes a second, whole path, beside pywebpush and web-push; lag with a million scheduled
	@sh scripts/run bench-push

chaos-send:    ## 1,200 deaths of the sender at six places: no step lost, no SMS twice
	@sh scripts/run chaos-send

race:          ## 100,000 orders at random moments around due steps: nothing is sent after the order
	@sh scripts/run race

stops:         ## unsubscribing by every way stops every channel and browser; looking at a link stops nothing
	@sh scripts/run stops

coupons:       ## a million codes, a hundred thousand guesses, and a thousand shoppers for each code
	@sh scripts/run coupons

clean: ## remove what was built and installed; the demo's data stays
	@sh scripts/run clean
