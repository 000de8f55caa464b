#!/usr/bin/env bash
# The command as people use it: what it writes, what it says, how it exits.
# usage: command.sh EIGENFLOW OLD_FAITHFUL_CSV README
set -uo pipefail
eigenflow=$1 data=$2 readme=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
failures=0

fail() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}
# same WHAT FOUND EXPECTED
same() { [ "$2" = "$3" ] || fail "$1: expected '$3', but got '$2'"; }
# exits CODE TEXT ARGUMENTS...: exit code, and a part of what it says on standard error; says nothing else.
exits() {
  local code=$1 text=$2 status
  shift 2
  "$eigenflow" "$@" >out 2>err </dev/null
  status=$?
  [ $status -eq "$code" ] || fail "eigenflow $*: exit code $status instead of $code: $(cat err)"
  grep -qF -- "$text" err || fail "eigenflow $*: '$(cat err)' does not say '$text'"
}
run() { "$eigenflow" "$@" || fail "eigenflow $*: exit code $?"; }
quick=(--steps 40 --layers 2 --hidden 16 --quiet)

# ---- help and usage
run --help >out
for word in fit score sample compare info embed 'Exit code'; do grep -q "$word" out || fail "--help does not name $word"; done
run --version >out
grep -Eq '^eigenflow [0-9]+\.[0-9]+\.[0-9]+$' out || fail "--version says '$(cat out)'"
for subcommand in fit score sample compare info embed; do
  run $subcommand --help >out
  grep -q 'Example' out || fail "$subcommand --help has no example"
  exits 2 "$subcommand has no option \"--hlep\": do you mean --help?" $subcommand --hlep
done
exits 2 'subcommand'
exits 2 'subcommand' paint
exits 2 'DATA' fit -o m
exits 2 '--output' fit "$data"
exits 2 '--hidden' fit "$data" -o m --hidden 3,x
exits 2 '--transformer' fit "$data" -o m --transformer linear
for options in '--test nan' '--test 0.95' '--seed -1' '--seed 1.5' '--layers nan' '--layers 1001' '--bins 1' '--epochs 0' \
  '--steps nan' '--batch 0' '--learning-rate nan' '--learning-rate 0' '--learning-rate 1e400' '--weight-decay -1' \
  '--noise inf' '--validation nan' '--patience -1' '--threads 0' '--threads 99999' '--hidden nan' '--hidden 1e3'; do
  exits 2 "${options% *} expects a" fit "$data" -o m $options  # and the range and the value:
  grep -q "number.*\"${options#* }\"" err || fail "fit $options: '$(cat err)' names no range and value"
done
for options in '--interval waiting:nan:3' '--interval waiting:5:3' '--patience 3 --validation 0' '--columns=' '--test-data=' \
  '--integer foo' '--continuous foo' '--integer waiting --continuous waiting'; do
  exits 2 "${options%%[ =]*}" fit "$data" -o m $options
done
exits 2 '--epochs' fit "$data" -o m --steps 3 --epochs 3
exits 2 'read twice' fit - -o m --test-data -
[ ! -e m ] || fail 'a refused option left a model'
exits 2 'do you mean score?' scroe
exits 2 'but fit, score, sample' xyzzy
exits 2 'fit has no option "--colums": do you mean --columns?' fit "$data" -o m --colums waiting
exits 2 'do you mean --version?' --vresion
exits 2 'do you mean --columns?' score m "$data" -columns waiting
exits 2 "'eigenflow score --help' says" score
exits 2 '"--columns" stands before fit: write the options behind the subcommand' --columns waiting fit "$data" -o m
exits 2 '--type expects coupling or autoregressive, but got "couplnig": do you mean coupling?' fit "$data" -o m --type couplnig
exits 2 '--base expects normal, student or mixture, but got "x"' fit "$data" -o m --base x
exits 2 '--decimal expects point or comma, but got "Comma": do you mean comma?' score m "$data" --decimal Comma
exits 1 'there is no column "WAITING", but eruption, waiting: do you mean "waiting"?' fit "$data" -o m --columns WAITING
exits 2 'do you mean "waiting"?' fit "$data" -o m --positive wating
exits 2 'File name too long' fit "$data" -o "$(printf 'm%.0s' {1..300})"
exits 2 'no/m' fit "$data" -o no/m
exits 2 'can only be written to a file' fit "$data" -o .
[ -c /dev/null ] && exits 2 '/dev/null' fit "$data" -o /dev/null

# ---- fit
run fit "$data" -o a.eigenflow "${quick[@]}" >out
same 'a quiet fit says nothing' "$(cat out)" ''
run fit "$data" -o b.eigenflow "${quick[@]}"
sed 's/b\.eigenflow/a.eigenflow/' b.eigenflow | cmp -s - a.eigenflow || fail 'the same fit wrote other bytes'
run fit "$data" -o loud.eigenflow --steps 40 --layers 2 --hidden 16 >out 2>err
grep -Eq 'held-out negative log-likelihood: [0-9.]+ ± [0-9.]+ nats over 27 rows; a Gaussian.s [0-9.]+' out || fail "fit says '$(cat out)'"
same 'no progress bar in a pipe' "$(cat err)" ''
run fit - -o piped.eigenflow "${quick[@]}" <"$data"
run fit "$data" -o one.eigenflow --columns waiting "${quick[@]}"
run fit "$data" -o two.eigenflow --columns 2,1 --positive waiting --interval eruption:0:10 "${quick[@]}"
run fit "$data" -o given.eigenflow --context eruption "${quick[@]}"
awk 'BEGIN { OFS = ","; srand(3); print "r,phi"; for (i = 0; i < 400; ++i) { a = 345 + 30 * rand(); print a / 100 + rand(), a < 360 ? a : a - 360 } }' >angles.csv
awk 'BEGIN { OFS = ","; srand(4); print "x,k"; for (i = 0; i < 200; ++i) print rand(), 0.1 }' >constant.csv
for type in coupling autoregressive; do
  run fit angles.csv -o phi.$type --type $type --periodic phi:0:360 --steps 300 "${quick[@]:2}"
done
run fit angles.csv -o phi.alone --columns phi --periodic phi:0:360 --steps 300 "${quick[@]:2}"
run fit constant.csv -o constant.eigenflow --context k "${quick[@]}"
run fit "$data" -o maf.eigenflow --type autoregressive --transformer affine --base student --epochs 2 --batch 50 --test-data "$data" "${quick[@]:2}"

# ---- training that comes to nothing leaves no model
for options in '--learning-rate 1e300' '--noise 1e300' '--learning-rate 1e300 --validation 0'; do
  exits 1 'the training came to nothing: the loss was no longer finite' fit "$data" -o nothing.eigenflow "${quick[@]}" $options
  [ ! -e nothing.eigenflow ] || fail "fit $options left a model"
done

# ---- the look at a table: far rows, marks of missing values, constant columns
awk 'BEGIN { srand(1); print "a,b,k"; for (i = 0; i < 600; ++i) { x = rand() + rand() + rand(); print x "," x + rand() ",0.1" } }' >clean.csv
awk -F, -v OFS=, 'NR == 300 { $1 = 1e6 } NR % 20 == 5 { $2 = -999 } { print }' clean.csv >dirty.csv
run fit dirty.csv -o dirty.eigenflow --columns a,b --test-data clean.csv --steps 200 --layers 2 --hidden 16 --seed 1 >out
grep -qF '"b": -999 stands in 30 rows' out || fail "a mark is not named: '$(cat out)'"
grep -qF '"a": 1 row lies far outside, as far as 1e+06' out || fail "a far row is not named: '$(cat out)'"
grep -qF '31 rows of 600 left out of the fit' out || fail "rows left out are not counted: '$(cat out)'"
grep -oE 'likelihood: [0-9.]+ .*a Gaussian.s [0-9.]+' out | awk '{ exit !($2 < 1.5 && $NF < 1.5) }' || fail "a few rows ruin a fit: '$(cat out)'"
run info dirty.eigenflow | grep -Eq 'rows_left_out +31' || fail 'a model does not note the rows left out'
grep -qF 'rows far outside have a share of 0.001667 of the model' out || fail "far rows have no share: '$(cat out)'"
printf 'a,b\n1e6,1.5\n-1e6,1.5\n1.5,2\n' >far.csv
run score dirty.eigenflow far.csv |
  awk 'NR == 2 && !($1 > -60) || NR == 3 && !($1 > -60) || NR == 4 && !($1 > -3) { exit 1 }' ||
  fail "a far row is impossible: '$(run score dirty.eigenflow far.csv | tr '\n' ' ')'"
run fit dirty.csv -o all.eigenflow --all-rows --columns a,b "${quick[@]}"
run info all.eigenflow | grep -q rows_left_out && fail '--all-rows leaves rows out'
run fit clean.csv -o constant.eigenflow --columns a,b --context k --steps 40 --layers 2 --hidden 16 >out
grep -qF '"k": has the one value 0.1' out || fail "a constant column is not named: '$(cat out)'"
run sample constant.eigenflow -n 5 --given k=0.1 | cut -d, -f1,2 >constant.csv
for k in 0.1001 -1e6; do
  run sample constant.eigenflow -n 5 --given k=$k | cut -d, -f1,2 | cmp -s - constant.csv || fail "a constant context says something at $k"
done

# ---- heavy tails: a cluster far away, too large to be left out, ruins neither the fit nor what it is compared with
awk 'BEGIN { srand(5); print "a,b"; for (i = 0; i < 1000; ++i) { x = rand() + rand() + rand(); far = i % 50 == 7 ? 1e4 : 0; print far + x "," far + x + rand() } }' >cluster.csv
awk 'BEGIN { srand(6); print "a,b"; for (i = 0; i < 1000; ++i) { x = rand() + rand() + rand(); print x "," x + rand() } }' >near.csv
run fit cluster.csv -o cluster.eigenflow --test-data near.csv --steps 300 --layers 2 --hidden 16 --seed 1 >out
grep -qF '"a", "b": a few values far outside' out || fail "heavy tails are not named: '$(cat out)'"
grep -qF 'base StudentT' out || fail 'heavy tails have a normal base'
grep -oE 'likelihood: [0-9.]+ .*which far rows widen' out | awk '{ exit !($2 < 1.3) }' || fail "a cluster ruins a fit: '$(cat out)'"
grep -oE "over the 1000 rows that lie near the others; a Gaussian.s [0-9.]+" out | awk '{ exit !($NF < 1.3) }' || fail "a cluster ruins the Gaussian: '$(cat out)'"
run info cluster.eigenflow | grep -q '^held_out_near ' || fail 'a model does not note what rows near the others say'
run fit cluster.csv -o normal.eigenflow --base normal "${quick[@]}"
run info normal.eigenflow | grep -qF 'base StandardNormal' || fail '--base normal does not undo'

# ---- whole numbers
run fit "$data" -o whole.eigenflow --steps 40 --layers 2 --hidden 16 >out
grep -qF '"waiting": whole numbers' out || fail "whole numbers are not named: '$(cat out)'"
same 'samples of whole numbers' "$(run sample whole.eigenflow -n 200 | cut -d, -f2 | grep -c '[.e-]')" 0
same 'the others are not rounded' "$(run sample whole.eigenflow -n 200 | cut -d, -f1 | grep -c '[.]')" 200
run fit "$data" -o real.eigenflow --continuous waiting --steps 40 --layers 2 --hidden 16 >out
grep -q 'whole numbers' out && fail '--continuous does not undo'
same '--continuous does not round samples' "$(run sample real.eigenflow -n 200 | cut -d, -f2 | grep -c '[.]')" 200
exits 1 'not all of its values are whole numbers' fit "$data" -o no.eigenflow --integer eruption "${quick[@]}"
awk 'BEGIN { srand(2); print "n"; for (i = 0; i < 400; ++i) print 10 * int(1 + 12 * rand() * rand()) }' >tens.csv
run fit tens.csv -o tens.eigenflow --positive n --steps 300 --layers 2 --hidden 16 >out
grep -qF 'their unit, 10' out || fail "a unit is not named: '$(cat out)'"
run sample tens.eigenflow -n 2000 | run score tens.eigenflow - | grep -q 'inf\|nan' && fail 'a whole sample has no density'
run sample tens.eigenflow -n 2000 | awk 'NR > 1 && ($1 % 10 != 0 || $1 < 10)' >out
same 'samples beside the whole numbers' "$(head -3 out)" ''

# Scores of whole numbers are log-probabilities: near the true ones, and not above but by chance.
awk 'BEGIN { srand(8); for (f = 0; f < 2; ++f) { file = f ? "binomial_test.csv" : "binomial.csv"; print "n,x" >file
  for (i = 0; i < 2000; ++i) { n = 0; for (k = 0; k < 10; ++k) n += rand() < 0.3
    x = n / 4 + sqrt(-2 * log(1 - rand())) * cos(6.283185307179586 * rand()); print n "," x >file
    c = 1; for (k = 0; k < n; ++k) c *= (10 - k) / (k + 1)
    if (f) sum += log(c) + n * log(0.3) + (10 - n) * log(0.7) - (x - n / 4) ^ 2 / 2 - 0.9189385332046727 } }
  print sum / 2000 >"binomial_truth" }'
run fit binomial.csv -o binomial.eigenflow --steps 1000 --layers 3 --hidden 32 --quiet --seed 1
run score binomial.eigenflow binomial_test.csv -o scores.csv 2>err
grep -qF '"n": log-probabilities of whole numbers, by 16 points' err || fail "score does not say what it takes: '$(cat err)'"
awk -v truth="$(cat binomial_truth)" 'NR > 1 { s += $1 } END { s /= NR - 1; exit !(s < truth + 0.01 && s > truth - 0.06) }' scores.csv ||
  fail "scores of whole numbers: $(awk 'NR > 1 { s += $1 } END { print s / (NR - 1) }' scores.csv), but the truth is $(cat binomial_truth)"
run score binomial.eigenflow binomial_test.csv --draws 256 -o many.csv 2>/dev/null
paste -d, scores.csv many.csv | awk -F, 'NR > 1 { d = $1 - $2; s += d * d } END { exit !(s / (NR - 1) < 0.001) }' || fail 'scores depend on --draws'
run score binomial.eigenflow <(tail -n +1000 binomial_test.csv) --columns 1,2 2>/dev/null | tail -n +2 |
  paste -d, - <(tail -n +1000 scores.csv) | awk -F, '{ d = $1 - $2; if (d * d > 1e-20) exit 1 }' ||
  fail 'the score of a row depends on the rows before it'
exits 2 '--draws expects a whole number from 1' score binomial.eigenflow binomial_test.csv --draws 0
run fit "$data" -o by_number.eigenflow --integer 2 "${quick[@]}"
run info by_number.eigenflow | grep -Eq '^integer_positions +2$' || fail '--integer takes no position'
awk -v escape="$(printf '\033')" 'BEGIN { print escape "[31mred"; for (i = 0; i < 400; ++i) print i % 9 + (i == 7) * 1e6 }' >red.csv
run fit red.csv -o red.eigenflow --steps 20 --layers 1 --hidden 8 >out
grep -qF '"\x1b[31mred": whole numbers' out && ! grep -q "$(printf '\033')" out || fail 'control characters reach the terminal'

# ---- the race: what takes part, what is kept, and the same again
run fit "$data" -o race.eigenflow --steps 20 >out 2>err
grep -q '^the race: negative log-likelihood of held-out rows, nats, in 5 folds$' out || fail "a race says '$(cat out)'"
grep -Eq '^ +[0-9.]+  a Gaussian$' out || fail "a race has no Gaussian: '$(cat out)'"
grep -Eq '^ +[0-9.]+  [0-9]+ Gaussians$' out || fail "a race has no mixture: '$(cat out)'"
grep -q '^kept: ' out || fail "a race keeps nothing: '$(cat out)'"
run fit "$data" -o rac2.eigenflow --steps 20 >out2
cmp -s out out2 || fail 'the same race says something else'
sed 's/rac2\.eigenflow/race.eigenflow/' rac2.eigenflow | cmp -s - race.eigenflow || fail 'the same race wrote other bytes'
run fit "$data" -o time.eigenflow --time 4s --quiet
for model in race time; do
  run info $model.eigenflow | grep -Eq '^recipe +folds=5 ' || fail "a model does not note what its race chose"
  run fit "$data" -o like.eigenflow --like $model.eigenflow --quiet
  run score $model.eigenflow "$data" -o scores.csv 2>/dev/null
  run score like.eigenflow "$data" 2>/dev/null | cmp -s - scores.csv || fail "--like $model fits something else"
done
same 'whole numbers of a race' "$(run sample race.eigenflow -n 100 | cut -d, -f2 | grep -c '[.e-]')" 0
run embed race.eigenflow -o race.hpp
run fit "$data" -o mixture.eigenflow --base mixture --components 3 --layers 0 >out
run score mixture.eigenflow "$data" -o scores.csv 2>/dev/null
awk 'NR > 1 { s += $1 } END { exit !(s / (NR - 1) > -4.3) }' scores.csv || fail 'a mixture is not fitted'
run fit "$data" -o mixed.eigenflow --base mixture --components 2 "${quick[@]}"
run fit "$data" -o members.eigenflow --members 3 "${quick[@]:0:6}" >out
grep -q 'The mean of 3 densities' out || fail "--members says '$(cat out)'"
run info members.eigenflow | grep -q '3 × TransformedBase' || fail '--members makes no ensemble'
printf 'a,b\n1.5,2\n2.25,3.5\n4,4\n' >few.csv
run fit few.csv -o few.eigenflow >out
grep -q '^kept: a Gaussian$' out || fail "three rows give '$(cat out)'"
run fit few.csv -o few.eigenflow --layers 2 --steps 3 --test 0 --validation 0 >out
grep -q 'more parameters than numbers in the table (6)' out || fail "too many parameters are not named: '$(cat out)'"
for options in '--context eruption' '--positive waiting' '--columns eruption'; do
  run fit "$data" -o raced.eigenflow --steps 10 --quiet $options
done
run fit angles.csv -o raced.eigenflow --steps 10 --quiet --periodic phi:0:360
exits 2 '--time expects a time' fit "$data" -o no --time soon
exits 2 '--time expects a time' fit "$data" -o no --time 0
exits 2 '--quick' fit "$data" -o no --quick --thorough
exits 2 '--members expects a' fit "$data" -o no --members 0
exits 1 'does not say how it was fitted' fit "$data" -o no --like <(sed 's/recipe/receip/' race.eigenflow)
exits 1 'no.eigenflow: cannot be read' fit "$data" -o no --like no.eigenflow

# ---- weights, and columns that are left out
# Half of the rows lie about 0 and half about 10; the weights leave a tenth of the latter.
awk 'BEGIN { OFS = ","; srand(9); print "x,w,id"
  for (i = 0; i < 400; ++i) { far = i % 2; print 10 * far + rand() + rand() + rand(), far ? 0.1 : 1, i } }' >weighted.csv
weighted=(--weights w --exclude id)
run fit weighted.csv -o weighted.eigenflow "${weighted[@]}" --base mixture --components 2 --layers 0 >out
same 'columns of a weighted fit' "$(head -1 out)" '400 rows of x'
grep -qF 'weights "w": the rows are worth 239.6 rows of one weight, (sum w)²/sum w²' out || fail "weights say '$(cat out)'"
run info weighted.eigenflow | grep -Eq '^weights +w$' || fail 'a model does not note its weights'
same 'a weighted mixture' "$(run sample weighted.eigenflow -n 2000 |
  awk 'NR > 1 { n += $1 > 5 } END { print (n / 2000 > 0.06 && n / 2000 < 0.13) }')" 1
run fit weighted.csv -o race.weighted "${weighted[@]}" --steps 20 --quiet
run fit weighted.csv -o flow.weighted "${weighted[@]}" --steps 200 --layers 2 --hidden 16 --quiet
for model in race flow; do
  same "the weights of a $model" "$(run sample $model.weighted -n 2000 |
    awk 'NR > 1 { n += $1 > 5 } END { print (n / 2000 < 0.25) }')" 1
done
run fit <(sed 's/,0.1,/,0,/' weighted.csv) -o zeros.eigenflow "${weighted[@]}" --layers 0 >out
grep -qF '200 rows of weight 0 left out' out || fail "rows of weight 0: '$(cat out)'"
exits 1 'column "w" has the weight -1 in row 3 of the numbers' fit <(sed '4s/,1,/,-1,/' weighted.csv) -o no "${weighted[@]}"
exits 1 ':3: column "w": "nan" is not a finite number' fit <(sed '3s/,0.1,/,nan,/' weighted.csv) -o no "${weighted[@]}"
exits 1 'no weight above 0' fit <(awk -F, -v OFS=, 'NR > 1 { $2 = 0 } { print }' weighted.csv) -o no "${weighted[@]}"
exits 2 '--weights' fit weighted.csv -o no --weights w --columns x,w
exits 2 '--exclude' fit weighted.csv -o no --exclude id --columns x
exits 2 'named by --exclude and by --context' fit weighted.csv -o no --exclude id --context id
exits 1 'there is no column "weight"' fit weighted.csv -o no --weights weight

# ---- rows with missing values, and columns of text, in a fit
sed '5s/.*/,0.5,1/; 9s/.*/NA,1,2/' weighted.csv >gaps.csv
exits 1 'gaps.csv:5: column "x": the number is missing: --skip-missing leaves such rows out' fit gaps.csv -o no "${weighted[@]}"
run fit gaps.csv -o gaps.eigenflow "${weighted[@]}" --layers 0 --skip-missing >out 2>err
grep -q 'gaps.csv: 2 of [0-9]* rows have missing values and are left out' err || fail "fit --skip-missing says '$(cat err)'"
sed '5d; 9d' weighted.csv | run fit - -o no_gaps.eigenflow "${weighted[@]}" --layers 0 --quiet
run info gaps.eigenflow | grep -Eq 'rows_with_missing_values +2$' || fail 'a model does not note the rows with gaps'
same 'a fit without the rows with gaps' "$(run score gaps.eigenflow weighted.csv)" "$(run score no_gaps.eigenflow weighted.csv)"
printf 'x,kind\n1,blue\n2,red\n' >kinds.csv
exits 1 'kinds.csv:2: column "kind": "blue" is not a number: leave a column of text out by --exclude, or write it as columns of 0 and 1' fit kinds.csv -o no

# ---- options that the columns suggest
awk 'BEGIN { OFS = ","; srand(10); print "income,phi,share,kind,plain"
  for (i = 0; i < 300; ++i) {
    u = rand(); print exp(3 * (rand() + rand() + rand())), 360 * rand(), u * u * u, i % 3, rand() + rand() } }' >offers.csv
run fit offers.csv -o offers.eigenflow --layers 0 >out
grep -qF 'suited them: --positive income --integer kind --periodic phi:0:360 --interval share:0:1' out || fail "fit offers '$(cat out)'"
run fit offers.csv -o offers.eigenflow --layers 0 --positive income --continuous kind --periodic phi:0:360 --interval share:0:1 >out
grep -q 'suited them' out && fail 'fit offers options that are given'

# ---- what a long fit says, and what a stopped one leaves
timeout -s KILL 8 "$eigenflow" fit angles.csv -o killed.eigenflow --checkpoint kept.eigenflow --steps 100000000 --layers 2 --hidden 16 >out 2>err
grep -qF 'kept in kept.eigenflow while it runs: if it is stopped, the same command goes on from there' out || fail "--checkpoint says '$(cat out)'"
grep -Eq '^[2-6] s: 2 coupling spline layers of 16, step [0-9]+ of 100000000; about .* to go$' err || fail "a long fit says '$(cat err)'"
[ ! -e killed.eigenflow ] || fail 'a killed fit wrote its model'
run score kept.eigenflow angles.csv >/dev/null
run info kept.eigenflow | grep -q '^columns ' || fail 'what is left of a killed fit has no columns'
timeout -s INT 4 "$eigenflow" fit angles.csv -o killed.eigenflow --checkpoint kept.eigenflow --steps 100000000 --layers 2 --hidden 16 >out 2>err
grep -Eq '^goes on from kept.eigenflow: step [1-9][0-9]* of the next$' out || fail "a fit that goes on says '$(cat out)'"
grep -qF 'stopped: kept.eigenflow has what is done: the same command goes on from there' err || fail "a stopped fit says '$(cat err)'"
exits 1 'kept.eigenflow: this is the checkpoint of another fit' fit angles.csv -o no --checkpoint kept.eigenflow --steps 9 --layers 2 --hidden 16
exits 1 'angles.csv: ' fit "$data" -o no --checkpoint angles.csv --steps 9
# A fit that goes on is the fit that was not stopped: of one architecture, and of a race. What it goes on from is stopped
# as soon as the file says so.
# stopped WORDS ARGUMENTS...: a fit that is stopped when its checkpoint has these words, and then goes on
stopped() {
  rm -f whole.eigenflow on.eigenflow on.kept
  run fit "${@:2}" -o whole.eigenflow --quiet
  "$eigenflow" fit "${@:2}" -o on.eigenflow --checkpoint on.kept --quiet 2>/dev/null &
  local fit=$!
  for i in {1..600}; do
    grep -qs "$1" on.kept && break
    sleep 0.05
  done
  kill -KILL $fit && wait $fit 2>/dev/null
  [ ! -e on.eigenflow ] || fail "the fit ended before it was stopped: ${*:2}"
  run fit "${@:2}" -o on.eigenflow --checkpoint on.kept >out
  grep -q '^goes on from on.kept: ' out || fail "a fit that goes on says '$(cat out)'"
  run score whole.eigenflow "${2}" -o scores.csv 2>/dev/null
  run score on.eigenflow "${2}" 2>/dev/null | cmp -s - scores.csv || fail "a fit that goes on is another: ${*:2}"
  run score on.kept "${2}" 2>/dev/null | cmp -s - scores.csv || fail 'the checkpoint is not the model in the end'
}
stopped fit.best "$data" --steps 4000 --layers 2 --hidden 16
stopped fit.ended.0 "$data" --steps 200

# ---- info
run info two.eigenflow >out
for text in 'two.eigenflow: double, format version 1' 'Flow of 2 features' 'Support (1 interval, 1 half line)' 'Coupling<spline, mlp>' \
  'columns         waiting,eruption' 'rows            272' 'command         eigenflow fit' 'held_out'; do
  grep -qF "$text" out || fail "info does not say '$text', but '$(cat out)'"
done
# A model is read once: from a pipe too, and no further than it goes.
run info <(cat two.eigenflow) | grep -q 'Flow of 2 features' || fail 'info does not read a pipe'
mkfifo model_pipe
for words in 'score model_pipe' 'sample model_pipe -n 2' 'embed model_pipe -o -'; do
  cat a.eigenflow >model_pipe &
  timeout 20 "$eigenflow" ${words/score model_pipe/score model_pipe $data} >out || fail "$words: exit code $?"
  wait
done
if [ -e /dev/zero ]; then
  timeout 20 "$eigenflow" info /dev/zero 2>err
  same 'a device without end' "$? $(cat err)" '1 eigenflow: /dev/zero: this is not a model file: it does not begin with the length of a header and the header'
fi
timeout 20 "$eigenflow" info <(cat a.eigenflow; yes) >out 2>err
same 'a model file without end' "$?" 1
grep -q 'at the end belong to no tensor' err || fail "a model file without end: '$(cat err)'"
exits 1 'old_faithful.csv: ' info "$data"
exits 1 'no.eigenflow: cannot be read' info no.eigenflow

# ---- embed (what is in a header: tests/tools/embed)
run embed a.eigenflow -o geyser.hpp
grep -q '^inline constexpr geyser_model::Model geyser{};$' geyser.hpp || fail 'a header has not the name of its file'
grep -q 'Permission is hereby granted' geyser.hpp || fail 'a header has no licence'
grep -q 'two.eigenflow' geyser.hpp && fail 'a header names another file'
grep -q 'pop_options' geyser.hpp || fail 'a header does not end its section'
run embed a.eigenflow -o - --name geyser | cmp -s - geyser.hpp || fail 'a header on the standard output differs'
run embed a.eigenflow -o 1.hpp --name other
grep -q 'namespace other_model' 1.hpp || fail '--name does not name'
echo old >kept.hpp
exits 1 'old_faithful.csv: ' embed "$data" -o kept.hpp
exits 1 'no.eigenflow: cannot be read' embed no.eigenflow -o kept.hpp
same 'a failed embed leaves the old file' "$(cat kept.hpp)" old
exits 1 'no/a.hpp: cannot be written' embed a.eigenflow -o no/a.hpp
exits 2 'MODEL' embed -o a.hpp
exits 2 '--output' embed a.eigenflow
exits 2 '--float' embed a.eigenflow -o a.hpp --float
exits 2 '"1"' embed a.eigenflow -o 1.hpp
exits 2 '"while" can be no name in C++' embed a.eigenflow -o a.hpp --name while
for name in size_t float_t stdin NAN EIGEN_PI fork read vector_ gamma time a-b a__b _a a_ std ''; do
  exits 2 'give another one as --name NAME' embed a.eigenflow -o a-b.hpp --name "$name"
done
[ ! -e a-b.hpp ] && [ ! -e a.hpp ] || fail 'a refused name left a header'

# ---- score
run score a.eigenflow "$data" >scores.csv
same 'a score for each row' "$(wc -l <scores.csv)" 273
same 'the name of the scores' "$(head -1 scores.csv)" log_prob
run score a.eigenflow - <"$data" | cmp -s - scores.csv || fail 'scores of a pipe differ'
run score a.eigenflow "$data" -o scores2.csv
cmp -s scores2.csv scores.csv || fail 'scores in a file differ'
run score a.eigenflow "$data" -o scores.npy
same 'the bytes of scores.npy' "$(wc -c <scores.npy)" $((128 + 8 * 272))
grep -v '^#' "$data" | awk -F, 'NR == 1 { print "id;waiting;eruption" } NR > 1 { print "row" NR ";" $2 ";" $1 }' >turned.csv
run score a.eigenflow turned.csv | cmp -s - scores.csv || fail 'columns are not found by name'
grep -v '^#' "$data" | tail -n +2 >bare.csv
run score a.eigenflow bare.csv | cmp -s - scores.csv || fail 'a table without names is not taken in order'
run score a.eigenflow turned.csv --columns 3,2 | cmp -s - scores.csv || fail '--columns does not choose'
run score a.eigenflow "$data" --flag 1% -o flagged.csv 2>err
same 'outliers of 272 rows at 1 %' "$(grep -c ',1$' flagged.csv)" 3
same 'the lowest scores are flagged' "$(grep ',1$' flagged.csv | cut -d, -f1 | sort)" "$(tail -n +2 scores.csv | sort -g | head -3 | sort)"
grep -q '^3 of 272 rows' err || fail "--flag says '$(cat err)'"
run score a.eigenflow "$data" --flag 1% --reference "$data" 2>/dev/null | cmp -s - flagged.csv || fail '--reference of the data itself differs'
printf 'waiting,eruption\n50,11\n50,-1\n50,2\n' >edge.csv
same 'rows outside of the support' "$(run score two.eigenflow edge.csv | grep -c -- '-inf')" 2
run score given.eigenflow "$data" >out
grep -qE '^-?[0-9]' out || fail 'a conditional model does not score'
exits 1 'bare.csv' score a.eigenflow bare.csv --columns eruption,waiting
exits 2 '--flag' score a.eigenflow "$data" --flag 0
exits 2 '--flag' score a.eigenflow "$data" --flag nan
exits 2 'read twice' score a.eigenflow - --flag 1% --reference -
# A score that is not a number is an outlier, and no threshold.
{ cat "$data"; printf '1e308,1e308\n-1e308,1e308\n'; } >huge.csv
run score a.eigenflow huge.csv --flag 1% -o flagged.csv 2>err
same 'outliers beside scores that are no numbers' "$(grep -c ',1$' flagged.csv) $(tail -2 flagged.csv | grep -c ',1$')" '3 2'
run score a.eigenflow "$data" --flag 1% --reference huge.csv -o flagged.csv 2>err
same 'a reference with scores that are no numbers' "$(grep -c ',1$' flagged.csv)" 1
exits 2 '--reference' score a.eigenflow "$data" --reference "$data"
# Columns beside the scores, as they stand in the table, and rows with missing values.
printf 'id;eruption;note;waiting\n007;3.60;"a, b";79\n008;NA;c;54\n"9";1.80;NA;54\n' >notes.csv
exits 1 'notes.csv:3: column "eruption": "NA" is not a number: --skip-missing leaves such rows out' score a.eigenflow notes.csv
run score a.eigenflow notes.csv --skip-missing --with id,note,eruption >out 2>err
same 'columns beside the scores' "$(cut -d, -f2- out)" $'row,id,note,eruption\n1,007,"a, b",3.60\n3,"9",NA,1.80'
grep -qF 'notes.csv: 1 of 3 rows have missing values and are left out' err || fail "--skip-missing says '$(cat err)'"
same 'their scores' "$(tail -n +2 out | cut -d, -f1)" "$(printf 'eruption,waiting\n3.6,79\n1.8,54\n' | run score a.eigenflow - | tail -n +2)"
run score a.eigenflow "$data" --with all --flag 1% -o flagged.csv 2>err
same 'the names of all columns' "$(head -1 flagged.csv)" log_prob,outlier,eruption,waiting
same 'all columns of outliers and others' "$(tail -n +2 flagged.csv | cut -d, -f3,4)" "$(cat bare.csv)"
run score a.eigenflow flagged.csv --with all --flag 1% >out 2>/dev/null
same 'names that are taken' "$(head -1 out)" log_prob,outlier,log_prob_,outlier_,eruption,waiting
run score a.eigenflow bare.csv --with 2 >out 2>/dev/null
same 'columns without names' "$(cut -d, -f2 out | head -2)" "$(printf 'column2\n'; head -1 bare.csv | cut -d, -f2)"
exits 1 'there is no column "wating", but eruption, waiting: do you mean "waiting"?' score a.eigenflow "$data" --with wating
printf 'eruption,waiting,extra\n3.6,79,\n1.8,54,5\n' >extra.csv
run score a.eigenflow extra.csv --with all -o with.npy 2>/dev/null
same 'the bytes of with.npy' "$(wc -c <with.npy)" $((128 + 8 * 4 * 2))
run score a.eigenflow with.npy --columns 2,4 --skip-missing --with 3 >out 2>/dev/null
same 'NaN is a missing value' "$(cut -d, -f2- out)" $'row,column3\n2,54'
exits 1 'takes numbers only, but a cell is "a, b"' score a.eigenflow notes.csv --skip-missing --with note -o no.npy
exits 1 'no row is left: 1 has missing values' score a.eigenflow <(printf 'eruption,waiting\n,5\n') --skip-missing
[ ! -e no.npy ] || fail 'a rejected table left a file'

# ---- compare
run compare a.eigenflow maf.eigenflow "$data" >out 2>err
same 'the lines of compare' "$(wc -l <out)" 6
grep -q '^272 rows of eruption,waiting in ' out || fail "compare says '$(cat out)'"
for model in a maf; do
  grep -qF "  $model.eigenflow: mean log p $(run score $model.eigenflow "$data" 2>/dev/null |
    awk 'NR > 1 { s += $1 } END { printf "%.5f", s / (NR - 1) }') nats" out || fail "the mean of $model is not that of score: '$(cat out)'"
done
paste -d, <(run score a.eigenflow "$data" 2>/dev/null) <(run score maf.eigenflow "$data" 2>/dev/null) | awk -F, '
  NR > 1 { d = $1 - $2; s += d; q += d * d; a += d > 0; b += d < 0; ++n }
  END { m = s / n; printf "A - B: %.5f ± %.5f nats\nA is higher in %d rows, B in %d\n", m, sqrt((q / n - m * m) / (n - 1)), a, b }' >expected
while read -r line; do grep -qF "$line" out || fail "compare says '$(cat out)', but expected '$line'"; done <expected
run sample a.eigenflow -n 3000 >drawn.csv
run compare a.eigenflow maf.eigenflow drawn.csv 2>/dev/null | tail -1 >out
grep -q '^A is better: the difference is [0-9.]* standard errors$' out || fail "compare of samples of A: '$(cat out)'"
run compare maf.eigenflow a.eigenflow - <drawn.csv 2>/dev/null | tail -1 | grep -q '^B is better' || fail 'compare depends on the order'
same 'a model and itself' "$(run compare a.eigenflow a.eigenflow "$data" 2>/dev/null | tail -1)" 'A and B give all rows the same density'
run compare a.eigenflow two.eigenflow edge.csv 2>/dev/null >out
grep -q 'B  two.eigenflow: .*; 2 rows without a finite log p are left out of the means' out || fail "compare beyond an edge: '$(cat out)'"
same 'a model without a density' "$(tail -1 out)" 'A is better: it gives every row a finite log p, B does not'
same 'columns of a table in another order' "$(run compare a.eigenflow two.eigenflow turned.csv 2>/dev/null)" \
  "$(run compare a.eigenflow two.eigenflow "$data" 2>/dev/null | sed "1s|in .*|in turned.csv|")"
run compare given.eigenflow one.eigenflow "$data" 2>/dev/null | grep -q '^272 rows of waiting' || fail 'a conditional model is not compared with another'
run compare one.eigenflow given.eigenflow turned.csv --context eruption 2>/dev/null | grep -q '^272 rows of waiting' || fail 'compare takes no --context'
run compare one.eigenflow given.eigenflow <(printf 'waiting\n50\n60\n70\n') --given eruption=2 2>/dev/null | grep -q '^3 rows' || fail 'compare takes no --given'
run compare a.eigenflow maf.eigenflow notes.csv --skip-missing 2>err | grep -q '^2 rows' || fail 'compare leaves no rows out'
grep -qF '1 of 3 rows have missing values' err || fail "compare --skip-missing says '$(cat err)'"
exits 1 'different columns: a.eigenflow of eruption,waiting, one.eigenflow of waiting' compare a.eigenflow one.eigenflow "$data"
exits 1 '"waiting" is whole numbers in units of 1 to a.eigenflow, but a continuous column to real.eigenflow' compare a.eigenflow real.eigenflow "$data"
exits 2 'neither model has one' compare a.eigenflow maf.eigenflow "$data" --given eruption=2
exits 2 'DATA' compare a.eigenflow maf.eigenflow

# ---- bad tables: file, row and column
bad() {
  printf "$2" >bad.csv
  exits 1 "$1" fit bad.csv -o bad.eigenflow "${quick[@]}"
  exits 1 "$1" score a.eigenflow bad.csv -o bad_scores.csv
  [ ! -e bad.eigenflow ] && [ ! -e bad_scores.csv ] || fail "a bad table left a file: $1"
}
bad 'eigenflow: bad.csv:3: column "waiting": "soon" is not a number' 'eruption,waiting\n1,50\n2,soon\n'
bad 'eigenflow: bad.csv:3: column "waiting": the line has 1 column, but the first has 2' 'eruption,waiting\n1,50\n2\n'
bad 'eigenflow: bad.csv:2: column 3: the line has 3 columns, but the first has 2' 'eruption,waiting\n1,50,3\n'
bad 'eigenflow: bad.csv:2: column "eruption": "nan" is not a finite number' 'eruption,waiting\nnan,50\n'
bad 'eigenflow: bad.csv:2: column "waiting": the number is missing' 'eruption,waiting\n3,\n'
bad 'eigenflow: bad.csv: there are no rows of numbers' ''
bad 'eigenflow: bad.csv: there are no rows of numbers' 'eruption,waiting\n'
printf 'eruption\n3\n' >bad.csv
exits 1 'bad.csv: there is no column "waiting", but eruption' score a.eigenflow bad.csv
exits 1 'no.csv: cannot be opened' score a.eigenflow no.csv
exits 1 'column "eruption" has the value 1.8 in row 2 of the numbers' fit "$data" -o bad.eigenflow --interval eruption:2:4 "${quick[@]}"
exits 1 'edge.csv: column "eruption" has the value 11 in row 1 of the numbers' fit "$data" -o bad.eigenflow --interval eruption:0:10 --test-data edge.csv "${quick[@]}"
exits 2 '"depth"' fit "$data" -o bad.eigenflow --positive depth "${quick[@]}"

# ---- tables as other programs write them
tiny=(--steps 10 --layers 1 --hidden 8)
# reads WHAT TABLE ARGUMENTS...: what fit says that it has read
reads() {
  run fit "$2" -o t.eigenflow "${tiny[@]}" "${@:3}" >out
  same "what is read of $2" "$(head -1 out)" "$1"
}
# mean COLUMN LOW HIGH: of samples of the model that `reads` has fitted
mean() {
  same "the mean of column $1" "$(run sample t.eigenflow -n 500 |
    awk -F, -v c="$1" -v low="$2" -v high="$3" 'NR > 1 { s += $c } END { print (s / 500 > low && s / 500 < high) }')" 1
}
# rows HEADER FORMAT: sixty rows; FORMAT takes the row, a number about 173 and one about 75
rows() {
  awk -v header="$1" -v format="$2\n" 'BEGIN { print header
    for (i = 1; i <= 60; ++i) printf format, i, 170.5 + i * 5 % 7, 70.25 + i * 3 % 11 }'
}
rows '"height" "weight"' '"%d" %.1f %.2f' >r.txt
reads '60 rows of height,weight' r.txt
mean 1 160 187
mean 2 60 90
rows '"";"height";"weight"' '"%d";%.1f;%.2f' >r.csv
reads '60 rows of height,weight; column 1, an index of the rows, is left out' r.csv
reads '60 rows of column1,height,weight' r.csv --columns 1,2,3
tr . , <r.csv >r2.csv
exits 1 'r2.csv: numbers have a comma, as "175,5": if it stands before a fraction, give --decimal comma' fit r2.csv -o no
reads '60 rows of height,weight; column 1, an index of the rows, is left out' r2.csv --decimal comma
mean 1 160 187
run score t.eigenflow r2.csv --decimal comma >scores.csv
run score t.eigenflow r.csv | cmp -s - scores.csv || fail 'a table with decimal commas scores differently'
rows '"Wert, mV";"Zeit"' '"%d";"%.1f"' >quoted.csv
reads '60 rows of "Wert, mV",Zeit' quoted.csv
tail -n +2 r2.csv | cut -d';' -f2,3 >commas.csv
exits 1 'commas.csv: numbers have a comma' fit commas.csv -o no
reads '60 rows of column1,column2' commas.csv --decimal comma

# ---- names and positions
awk 'BEGIN { print "0,1,2"; for (i = 0; i < 60; ++i) print i * 5 % 7 + 0.5 "," i * 3 % 11 + 0.5 "," i * 7 % 13 + 1000.5 }' >pandas.csv
exits 1 'pandas.csv: does line 1 name the columns ("0,1,2")? Give --header, or --no-header' fit pandas.csv -o no
reads '61 rows of column1,column2,column3' pandas.csv --no-header
reads '60 rows of "1","2"' pandas.csv --header --columns '"1",name:2'
reads '60 rows of "0","1"' pandas.csv --header --columns 1,2
run info t.eigenflow >out
grep -qE '^columns +"0","1"$' out && grep -qE '^positions +1,2$' out && grep -qE '^header +yes$' out || fail "info says '$(cat out)'"
exits 1 '--header' score t.eigenflow pandas.csv
run score t.eigenflow pandas.csv --header >scores.csv
sed '1s/.*/"0","1","2"/' pandas.csv | run score t.eigenflow - | cmp -s - scores.csv || fail 'names in quotes are other names'
same 'samples have their names' "$(run sample t.eigenflow -n 2 | tee few.csv | head -1)" '"0","1"'
same 'a score for each of them' "$(run score t.eigenflow few.csv | wc -l)" 3
exits 1 'there is no column 7, but columns 1 to 3' fit pandas.csv -o no --header --columns 7
exits 1 'there is no column "7", but 0, 1, 2' fit pandas.csv -o no --header --columns name:7
sed '1s/.*/x,y,x/' pandas.csv >twice.csv
exits 1 'column "x" is there twice: give its number' fit twice.csv -o no --columns x
reads '60 rows of x.1,x.3' twice.csv --columns 1,3 --interval 3:0:2000
run sample t.eigenflow -n 3 | run score t.eigenflow - >/dev/null
run score t.eigenflow twice.csv >/dev/null
exits 1 'there is no column "x.1", but y, x.2, x.3' score t.eigenflow <(sed '1s/.*/y,x,x/' twice.csv)
awk 'BEGIN { for (i = 0; i < 60; ++i) print i * 5 % 7 + 20 "," i % 2 ",?" }' >marks.csv
reads '60 rows of column1' marks.csv --columns 1
mean 1 15 30
exits 1 'marks.csv:1: column 3: "?" is not a number' fit marks.csv -o no
run sample t.eigenflow -n 3 | run score t.eigenflow - >/dev/null
run score t.eigenflow marks.csv >/dev/null
exits 1 'the columns have names (x, y)' score t.eigenflow <(printf 'x,y\n1,2\n')
reads '60 rows of column1 given column2' marks.csv --columns 1 --context 2
run sample t.eigenflow -n 2 --given 2=1 >/dev/null
printf 'Temp\xe9rature;b\n1;2\n3;4\n' >latin1.csv
exits 1 'latin1.csv: the name of column 1, "Temp\xe9rature", is not UTF-8' fit latin1.csv -o no
printf '\x1b[31mred,b\n\x1b]0;x\x07,1\n' >colour.csv
exits 1 'colour.csv:2: column "\x1b[31mred": "\x1b]0;x\x07" is not a number' fit colour.csv -o no
awk 'BEGIN { for (i = 0; i < 100000; ++i) printf "name%d,", i; print "last"; for (r = 0; r < 30; ++r) { for (i = 0; i < 100000; ++i) printf "%d,", r * r % 7; print r } }' >wide.csv
SECONDS=0
reads '30 rows of last,name99999,name7' wide.csv --columns last,name99999,8
[ $SECONDS -lt 10 ] || fail "a hundred thousand columns took $SECONDS seconds"

# ---- what is no table, and has no end
gzip -c pandas.csv >zipped.csv
exits 1 'zipped.csv: is compressed by gzip' fit zipped.csv -o no
exits 1 '/dev/zero: is not text' fit /dev/zero -o no
tr '\0' 1 </dev/zero | "$eigenflow" fit - -o no 2>err
same 'a line without end' "$(cat err)" 'eigenflow: standard input: line 1 has no end: is this a table?'
[ ! -e no ] || fail 'a refused table left a model'

# ---- sample
run sample a.eigenflow -n 5 --seed 3 >five.csv
same 'five rows and their names' "$(wc -l <five.csv) $(head -1 five.csv)" '6 eruption,waiting'
run sample a.eigenflow -n 5 --seed 3 | cmp -s - five.csv || fail 'the same seed gave other samples'
run sample a.eigenflow -n 5 --seed 4 | cmp -s - five.csv && fail 'another seed gave the same samples'
run sample a.eigenflow -n 3 -o three.npy
same 'the bytes of three.npy' "$(wc -c <three.npy)" $((128 + 8 * 6))
run sample given.eigenflow -n 4 --given eruption=2.5 >out
same 'samples with their context' "$(head -1 out) $(grep -c ',2.5$' out)" 'waiting,eruption 4'
for model in phi.coupling phi.autoregressive phi.alone; do
  run sample $model -n 500 --seed 2 >out
  awk -F, -v column="$(head -1 out | tr , '\n' | grep -n phi | cut -d: -f1)" \
    'NR > 1 { if ($column < 0 || $column >= 360) exit 1; near += $column < 25 || $column > 335 } END { exit near < 400 }' out ||
    fail "angles of $model are not in their range, or not where the data are"
done
printf 'r,phi\n4,355\n4,715\n4,-5\n' >turns.csv
run score phi.coupling turns.csv >out
same 'an angle has one density' "$(tail -3 out | sed 's/.*,//' | cut -c1-8 | sort -u | wc -l)" 1
run sample constant.eigenflow -n 5 --seed 3 --given k=0.1 | cut -d, -f1 >out
run sample constant.eigenflow -n 5 --seed 3 --given k=0.1001 | cut -d, -f1 >out2
cmp -s out out2 || fail 'a column of context that was constant matters'
exits 2 '--periodic expects NAME:LOW:HIGH' fit angles.csv -o no --periodic phi:0
run sample given.eigenflow --context-file "$data" | run score given.eigenflow - >out
same 'a sample for each context' "$(wc -l <out)" 273
run sample two.eigenflow -n 2000 | awk -F, 'NR > 1 && ($1 <= 0 || $2 <= 0 || $2 >= 10)' >out
same 'samples outside of the support' "$(cat out)" ''
run sample a.eigenflow -n 5 --seed 3 --temperature 1 | cmp -s - five.csv || fail 'a temperature of 1 changes samples'
run sample a.eigenflow -n 200 --temperature 0 | tail -n +2 | sort -u | wc -l >out
same 'samples without noise' "$(tr -d ' ' <out)" 1
run sample given.eigenflow --context-file "$data" --temperature 0.5 >out
same 'a cooler sample for each context' "$(wc -l <out)" 273
exits 2 'the base of maf.eigenflow is StudentT: leave it out, or fit a model with --base normal' sample maf.eigenflow -n 3 --temperature 0.5
exits 2 '--temperature expects a' sample a.eigenflow -n 3 --temperature -1
exits 2 'is not a context of given.eigenflow, but eruption: do you mean "eruption"?' sample given.eigenflow -n 4 --given eruptoin=3
exits 2 '-n N' sample a.eigenflow
exits 2 'eruption=NUMBER' sample given.eigenflow -n 4
exits 2 '"depth"' sample given.eigenflow -n 4 --given depth=3

# ---- pipes: quiet when the reader has enough, and nothing half-written
"$eigenflow" sample a.eigenflow -n 1000000 2>err | head -1 >/dev/null
same 'a closed pipe' "$(cat err)" ''
echo old >kept.csv
exits 1 'turned.csv' score a.eigenflow turned.csv --columns 1,2 -o kept.csv
same 'a failed score leaves the old file' "$(cat kept.csv)" old
same 'no drafts are left' "$(ls -- *.tmp 2>/dev/null)" ''

# ---- outputs that cannot be meant, or cannot be written
cp "$data" input.csv
exits 2 'input.csv is also the input' fit input.csv -o input.csv "${quick[@]}"
exits 2 'input.csv is also the input' score a.eigenflow input.csv -o ./input.csv
exits 2 'a.eigenflow is also the input' sample a.eigenflow -n 3 -o a.eigenflow
exits 2 'a.eigenflow is also the input' embed a.eigenflow -o a.eigenflow
cmp -s input.csv "$data" || fail 'the input is lost'
exits 2 'not to the standard output' fit "$data" -o - "${quick[@]}"
[ ! -e - ] || fail 'a file called -'
ln -s gone.csv dangling.csv
run sample a.eigenflow -n 2 -o dangling.csv
[ -L dangling.csv ] && [ "$(wc -l <gone.csv)" = 3 ] || fail 'a link to a file that is not there'
ln -s gone.eigenflow dangling.eigenflow
run fit "$data" -o dangling.eigenflow "${quick[@]}"
[ -L dangling.eigenflow ] && [ -f gone.eigenflow ] || fail 'a link to a model that is not there'
if [ -c /dev/full ]; then
  exits 1 '/dev/full: cannot be written: No space left on device' sample a.eigenflow -n 3 -o /dev/full
  exits 1 '/dev/full: cannot be written: No space left on device' embed a.eigenflow -o /dev/full
  for arguments in 'sample a.eigenflow -n 3' "score a.eigenflow input.csv" 'info a.eigenflow' 'embed a.eigenflow -o -' '--help'; do
    # shellcheck disable=SC2086
    "$eigenflow" $arguments >/dev/full 2>err && fail "eigenflow $arguments >/dev/full: exit code 0"
    grep -q 'cannot be written' err || fail "eigenflow $arguments >/dev/full says '$(cat err)'"
  done
  [ -c /dev/full ] || fail '/dev/full is a file now'
fi
mkdir interrupted
for signal in INT TERM KILL; do
  (cd interrupted && timeout -s $signal 0.4 "$eigenflow" sample ../a.eigenflow -n 1000000000 -o big.csv; true) 2>/dev/null
  same "what $signal leaves" "$(ls interrupted)" ''
done
run sample a.eigenflow -n 3 -o three.NPY
same 'the bytes of three.NPY' "$(wc -c <three.NPY)" $((128 + 8 * 6))

# ---- a full disk is no success
if [ -e /dev/full ]; then
  for words in "score a.eigenflow $data" 'sample a.eigenflow -n 9' 'info a.eigenflow' 'embed a.eigenflow -o -' '--help' '--version' \
    'fit --help' "fit $data -o full.eigenflow --steps 2 --layers 1 --hidden 4"; do
    "$eigenflow" $words >/dev/full 2>err
    same "$words >/dev/full" "$? $(grep -c 'cannot be written' err)" '1 1'
  done
fi

# ---- too little memory: the file and what to do
if (ulimit -v 200000; "$eigenflow" --version >/dev/null 2>&1); then  # which a sanitizer does not live with
  (ulimit -v 200000; exec "$eigenflow" fit "$data" -o no.eigenflow --steps 40 --quiet --hidden 9000,9000) 2>err
  same 'a fit beyond the memory' "$? $(grep -c 'old_faithful.csv: there is not enough memory: .*--hidden' err)" '1 1'
  [ ! -e no.eigenflow ] || fail 'a fit beyond the memory left a model'
fi

# ---- plot, where the command can
if "$eigenflow" plot --help >/dev/null 2>&1; then
  awk 'BEGIN { srand(1); print "a,b,c"; for (i = 0; i < 200; ++i) { x = rand(); print x "," x + rand() "," rand() } }' >three.csv
  run fit three.csv -o three.eigenflow "${quick[@]}"
  run plot one.eigenflow "$data" -o one.png
  run plot a.eigenflow "$data" -o a.png
  run plot given.eigenflow -o given.png --given eruption=2
  run plot given.eigenflow "$data" -o given_data.png
  run plot three.eigenflow three.csv -o three.png
  # Constant to a rounding, enormous, tiny.
  awk 'BEGIN { print "r,h,t"; for (i = 0; i < 99; ++i) printf "%.17g,%.17g,%.17g\n", 1 - (i % 2) * 1.2e-16, 1e250 * (i + 1), 1e-250 * (i + 1) }' >odd.csv
  for column in r h t; do
    run fit odd.csv -o odd.eigenflow --columns $column "${quick[@]}"
    timeout 60 "$eigenflow" plot odd.eigenflow odd.csv -o odd_$column.png || fail "plot of odd column $column: exit code $?"
  done
  run plot race.eigenflow "$data" -o race.png
  # Some columns, of models of any width; the data near a context.
  awk 'BEGIN { srand(9); for (j = 1; j <= 20; ++j) printf "v%d%s", j, j < 20 ? "," : "\n"
    for (i = 0; i < 100; ++i) for (j = 1; j <= 20; ++j) printf "%g%s", rand(), j < 20 ? "," : "\n" }' >twenty.csv
  run fit twenty.csv -o twenty.eigenflow --steps 5 --layers 1 --hidden 4 --quiet
  exits 2 'has 20 columns, but a picture has room for 16: choose some, as by --columns v1,v2' plot twenty.eigenflow -o no.png
  exits 2 '--columns: column "v33" is not a column of twenty.eigenflow' plot twenty.eigenflow -o no.png --columns v33
  exits 2 'do you mean "eruption"?' plot a.eigenflow -o no.png --columns eruptio
  exits 2 'is there twice' plot a.eigenflow -o no.png --columns eruption,1
  run plot twenty.eigenflow twenty.csv -o pair.png --columns v20,3
  run plot twenty.eigenflow -o single.png --columns v7
  run plot twenty.eigenflow twenty.csv -o some.png --columns v7,v1,v2
  run plot a.eigenflow turned.csv -o renamed.png --data-columns eruption,waiting --columns 2,1
  run plot given.eigenflow "$data" -o near.png --given eruption=2 2>err
  grep -qE '^drawn: [5-9][0-9] of 272 rows of .* nearest to eruption=2, within 0\.[0-9]+ deviations$' err || fail "plot --given says '$(cat err)'"
  run plot given.eigenflow "$data" -o near.png --given eruption=2 --near 5 2>err
  grep -qE '^drawn: ([5-9]|[1-3][0-9]) of 272 rows ' err || fail "plot --near 5 says '$(cat err)'"
  exits 2 '--near chooses rows of DATA near a context' plot given.eigenflow -o no.png --given eruption=2 --near 5
  exits 2 'plot has no option "--hlep": do you mean --help?' plot --hlep
  for picture in one a given given_data three odd_r pair single some renamed near race; do
    same "$picture.png is a picture" "$(head -c 4 $picture.png | tail -c 3)" PNG
  done
  exits 2 '--given' plot given.eigenflow -o no.png
  exits 2 'not to the standard output' plot a.eigenflow -o -
  exits 1 'no/a.png: cannot be written' plot a.eigenflow -o no/a.png
  exits 2 'input.csv is also the input' plot a.eigenflow input.csv -o input.csv
fi

# ---- images and feature maps
# maps ROWS SEED DAMAGED: that many maps of 2 × 4 × 4; the last DAMAGED have a pixel that does not fit the others.
maps() {
  awk -v rows="$1" -v seed="$2" -v damaged="$3" 'BEGIN {
    srand(seed)
    for (i = 1; i <= rows; ++i) {
      line = ""
      for (j = 0; j < 32; ++j) line = line (j ? "," : "") (i > rows - damaged && j % 16 == 5 ? 9 : rand() + rand())
      print line
    }
  }'
}
maps 80 1 0 >maps.csv
maps 20 2 8 >tested.csv
awk 'BEGIN { for (i = 1; i <= 20; ++i) { line = ""; for (j = 0; j < 16; ++j) line = line (j ? "," : "") (i > 12 && j == 5); print line } }' >masks.csv
run fit maps.csv -o maps.eigenflow --image 2x4x4 --steps 60 --layers 4 >out
grep -q '80 images of 2x4x4' out || fail "fit --image says '$(cat out)'"
grep -q 'nats over 8 held-out images' out || fail "fit --image judges by '$(cat out)'"
run score maps.eigenflow tested.csv --maps --masks masks.csv --image-scores images.csv -o scores.csv 2>err
same 'maps and their names' "$(wc -l <scores.csv | tr -d ' ')" 21
same 'a score for each pixel' "$(head -1 scores.csv | tr ',' '\n' | wc -l | tr -d ' ')" 16
same 'a score for each image' "$(wc -l <images.csv | tr -d ' ')" 21
same 'damage is found' "$(grep -o '^AUROC: 100.00 % of images' err)" 'AUROC: 100.00 % of images'
run score maps.eigenflow tested.csv --maps --stage maps.eigenflow tested.csv --size 8x8 -o larger.npy
same 'an array of maps' "$(head -c 6 larger.npy | tail -c 5)" NUMPY
exits 1 '20 masks for 80 maps' score maps.eigenflow maps.csv --maps --masks masks.csv -o no.csv
exits 1 'images of 3x4x4 are N × 3 × 4 × 4 or N × 48' fit maps.csv -o no.eigenflow --image 3x4x4
exits 2 'channels, height and width' fit maps.csv -o no.eigenflow --image 4x4
exits 2 '--image' fit maps.csv -o no.eigenflow --architecture glow
exits 2 'expects fast_flow or glow, but got "glov": do you mean glow?' fit maps.csv -o no.eigenflow --image 2x4x4 --architecture glov
exits 2 '--hidden and --levels are of a glow' fit maps.csv -o no.eigenflow --image 2x4x4 --hidden 8
exits 2 '--transformer' fit maps.csv -o no.eigenflow --image 2x4x4 --transformer affine
exits 2 'height and width, as 224x224' score maps.eigenflow tested.csv --maps --size 8
exits 2 'fitted with --image' score a.eigenflow "$data" --maps
exits 1 'sides that 8 divides' fit maps.csv -o no.eigenflow --image 2x4x4 --architecture glow --levels 3
awk 'BEGIN { srand(3); for (i = 0; i < 90; ++i) { line = ""; for (j = 0; j < 16; ++j) line = line (j ? "," : "") int(4 * rand()); print line } }' >pixels.csv
run fit pixels.csv -o glow.eigenflow --image 1x4x4 --architecture glow --levels 1 --layers 2 --hidden 8 --steps 40 >out
grep -q 'bits a number with one draw' out || fail "fit of whole pixels says '$(cat out)'"
run sample glow.eigenflow -n 5 >out
same 'samples of a glow' "$(wc -l <out | tr -d ' ')" 6
same 'pixels of a sample are whole, from 0 to 3' "$(tail -n +2 out | tr ',' '\n' | grep -vc '^[0-3]$')" 0
run score glow.eigenflow pixels.csv -o scores.csv 2>err
grep -q 'log-probabilities of whole numbers' err || fail "scores of whole pixels: '$(cat err)'"
exits 2 'fitted with --architecture fast_flow' score glow.eigenflow pixels.csv --maps
if "$eigenflow" plot --help >/dev/null 2>&1; then
  run plot glow.eigenflow -o sheet.png --temperature 0.7
  run plot maps.eigenflow tested.csv -o heat.png
  for picture in sheet heat; do same "$picture.png is a picture" "$(head -c 4 $picture.png | tail -c 3)" PNG; done
fi

# ---- the commands of the README, as they stand there
mkdir -p examples/data
cp "$data" examples/data/
sed -n '/^eigenflow fit examples/,/^```/p' "$readme" | grep '^eigenflow ' >commands
same 'commands in the README' "$(wc -l <commands)" 3
while read -r command; do
  eval "${command/#eigenflow/\"\$eigenflow\"}" >out 2>err || fail "README: $command: $(cat err)"
done <commands

if [ $failures -gt 0 ]; then
  echo "$failures failures" >&2
  exit 1
fi
echo "all is well"
