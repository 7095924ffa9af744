# Each target is one line; what it does is in scripts/setup.py. `scripts/run TARGET` works without make.
.PHONY: demo test dev check size time-demo clean

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

clean: ## remove what was built and installed; the demo's data stays
	@sh scripts/run clean
