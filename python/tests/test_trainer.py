"""Training runs: callbacks, rates, going on, interruptions, threads."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import spikegrad as sg


def test_steps_epochs_and_fits_are_the_same(digits, recipe):
    train, test = digits
    whole = sg.Trainer(recipe, train)
    whole.fit(test, progress=False)
    steps = sg.Trainer(recipe, train, threads=1)
    while not steps.done:
        assert steps.step(3) in (1, 3)
    epochs = sg.Trainer(recipe, train, threads=2)
    assert epochs.epoch().epoch == 1 and epochs.epoch(test).test.samples == 100
    assert whole.to_bytes() == steps.to_bytes() == epochs.to_bytes()
    assert len(whole.history) == 2
    with pytest.raises(sg.RangeError, match="complete"):
        whole.step()
    assert len(whole.fit(progress=False)) == 2  # nothing more to do


def test_arrays_and_iterables_train_alike(bars):
    images, labels = bars
    recipe = sg.Recipe("9-2", epochs=1, batch=50)
    results = []
    for data in (bars, sg.Data(images, labels), list(zip(images, labels))):
        trainer = sg.Trainer(recipe, data)
        trainer.fit(progress=False)
        results.append(trainer.to_bytes())
    assert results[0] == results[1] == results[2]


def test_callbacks(digits, recipe):
    train, test = digits
    seen = []

    class Watch(sg.Callback):
        def on_begin(self, trainer):
            seen.append("begin")

        def on_batch(self, trainer):
            seen.append(trainer.step_count)
            assert trainer.metrics.samples > 0
            with pytest.raises(ValueError, match="within a fit"):
                trainer.fit()

        def on_epoch(self, trainer, report):
            seen.append(report.epoch)
            trainer.rate = 0.5
            assert trainer.network.evaluate(test) == report.test

        def on_end(self, trainer):
            seen.append("end")

    trainer = sg.Trainer(recipe, train)
    trainer.fit(test, callbacks=[Watch(), lambda report: None],
                progress=False)
    assert seen == ["begin", *range(1, 11), 1, *range(11, 21), 2, "end"]
    assert trainer.rate == 0.5
    plain = sg.Trainer(recipe, train)
    plain.fit(progress=False)
    assert plain.to_bytes() != trainer.to_bytes()
    again = sg.Trainer.resume(trainer.to_bytes(), train)
    assert again.rate == 0.5
    for bad in (1.5, -0.1):
        with pytest.raises(ValueError, match="rate"):
            trainer.rate = bad
    with pytest.raises(ValueError, match="expected a Callback"):
        trainer.fit(callbacks=[3])


def test_stopping(digits, recipe):
    train, test = digits
    trainer = sg.Trainer(recipe, train)
    trainer.fit(callbacks=lambda report: True, progress=False)
    assert trainer.epoch_count == 1
    stopped = sg.Trainer(recipe, train)

    class Stop(sg.Callback):
        def on_batch(self, trainer):
            return trainer.step_count == 3

    stopped.fit(callbacks=Stop(), progress=False)
    assert stopped.step_count == 3 and len(stopped.history) == 0
    stopped.fit(progress=False)
    whole = sg.Trainer(recipe, train)
    whole.fit(progress=False)
    assert stopped.to_bytes() == whole.to_bytes()
    early = sg.EarlyStopping(patience=1)
    best = sg.KeepBest()
    long = sg.Trainer(recipe.replace(lr=0, epochs=9), train)
    long.fit(test, callbacks=[early, best, sg.ReduceRate()], progress=False)
    assert long.epoch_count == 2 and best.epoch == 1
    assert best.network.epoch == 1 and long.rate == 0.5


def test_an_exception_in_a_callback_leaves_all_whole(digits, recipe):
    trainer = sg.Trainer(recipe, digits[0])
    with pytest.raises(ZeroDivisionError):
        trainer.fit(callbacks=lambda report: 1 / 0, progress=False)
    trainer.fit(progress=False)
    whole = sg.Trainer(recipe, digits[0])
    whole.fit(progress=False)
    assert trainer.to_bytes() == whole.to_bytes()


def test_resuming(digits, recipe, tmp_path):
    train, test = digits
    whole = sg.Trainer(recipe, train)
    whole.fit(progress=False)
    part = sg.Trainer(recipe, train)
    part.step(7)
    path = tmp_path / "part.safetensors"
    part.save(path)
    for other in (sg.Trainer.resume(path, train),
                  sg.Trainer.resume(part.to_bytes(), train),
                  pickle.loads(pickle.dumps(part))):
        assert other.step_count == 7
        other.fit(progress=False)
        assert other.to_bytes() == whole.to_bytes()
    with pytest.raises(ValueError, match="samples"):
        sg.Trainer.resume(path, train[:50])
    with pytest.raises(FileNotFoundError):
        sg.Trainer.resume(tmp_path / "none", train)
    whole.epochs = 3
    assert not whole.done and whole.epochs == 3
    whole.plan(2)
    assert whole.done
    more = sg.Trainer.from_network(whole.network, test, epoch=1)
    more.fit(progress=False)
    assert more.network.data_name == test.name


def test_going_on_from_a_model(trained, bars):
    images, labels = bars
    wide = np.zeros((200, 28, 28), np.uint8)
    wide[:, 9:19, 9:19] = images
    net = trained.network
    trainer = sg.Trainer.adapt(net, (wide, labels), freeze="0", epochs=1)
    layers = trainer.network.layers
    assert trainer.network.classes == 2 and layers[0].frozen
    before = layers[0].weight.copy(), layers[2].weight.copy()
    trainer.fit(progress=False)
    assert np.array_equal(layers[0].weight, before[0])
    assert np.array_equal(layers[0].weight, net.layers[0].weight)
    assert not np.array_equal(layers[2].weight, before[1])


def test_holding_back(digits):
    train = digits[0]
    recipe = sg.Recipe("9-10", epochs=1, validation=40)
    trainer = sg.Trainer(recipe, train)
    assert len(trainer.data) == 280 and len(trainer.held) == 40
    report = trainer.fit(progress=False)[0]
    assert report.test.samples == 40 and trainer.history.held
    last = sg.Trainer(recipe.replace(holdout="last"), train)
    assert np.array_equal(last.held.labels, train.labels[280:])
    with pytest.raises(ValueError, match="holds back 400 of 320"):
        sg.Trainer(recipe.replace(validation=400), train)


def test_run_directories(digits, recipe, tmp_path):
    train, test = digits
    out = tmp_path / "run"
    trainer = sg.Trainer(recipe, train)
    history = trainer.fit(test, out=out, observe=20, verify=1, progress=False)
    read = sg.read_run(out)
    assert len(read) == 2 and read[1].train == history[1].train
    assert read[1].test == history[1].test and read.recipe == trainer.recipe
    with pytest.raises(FileExistsError):
        sg.Trainer(recipe, train).fit(out=out)
    page = sg.report(read, history, out)
    assert "<!doctype html>" in page.html and "4C5" in page.html
    page.save(tmp_path / "page.html")
    assert "srcdoc" in history._repr_html_()
    assert "iframe" in trainer._repr_html_()
    assert history.curves()["test_accuracy"].shape == (2,)
    with pytest.raises(ValueError, match="9 runs"):
        sg.report(*[history] * 9)
    with pytest.raises(FileNotFoundError):
        sg.read_run(tmp_path)


def test_an_unfinished_line_of_metrics_is_cut(digits, recipe, tmp_path):
    out = tmp_path / "run"

    class Stop(sg.Callback):
        def on_epoch(self, trainer, report):
            return True

    sg.Trainer(recipe, digits[0]).fit(out=out, callbacks=Stop(),
                                      progress=False)
    with open(out / "metrics.jsonl", "a", encoding="utf-8") as file:
        file.write('{"type":"epoch","epo')
    sg.Trainer.resume(out, digits[0]).fit(out=out, progress=False)
    assert [e.epoch for e in sg.read_run(out)] == [1, 2]
    assert (out / "metrics.jsonl").read_bytes().count(b"\n") == 2


HOLDS = """
import sys
import spikegrad as sg
from spikegrad.rundir import _Lock
lock = _Lock(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def test_a_run_directory_has_one_owner(digits, recipe, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    said = []

    class Look(sg.Callback):
        def on_epoch(self, trainer, report):
            with pytest.raises(sg.BusyError, match="this process"):
                trainer_again.fit(out=out, progress=False)
            command = os.environ.get("SPIKEGRAD")
            if command:
                done = subprocess.run(
                    [command, "train", "--resume", str(out)],
                    stderr=subprocess.PIPE, text=True, check=False)
                said.append((done.returncode, done.stderr))

    trainer = sg.Trainer(recipe, digits[0])
    trainer_again = sg.Trainer(recipe, digits[0])
    other = subprocess.Popen([sys.executable, "-c", HOLDS, str(out)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             text=True)
    assert other.stdout.readline() == "held\n"
    with pytest.raises(sg.BusyError, match=f"use by process {other.pid} on"):
        trainer.fit(out=out, progress=False)
    assert not (out / "recipe.ini").exists()
    other.communicate("")
    trainer.fit(out=out, callbacks=Look(), progress=False)
    for code, text in said:
        assert code == 1 and f"is in use by process {os.getpid()} on" in text
    trainer.epochs = 3
    trainer.fit(out=out, progress=False)  # it is free again
    assert len(sg.read_run(out)) == 3 and (out / ".lock").read_bytes() == b""
    odd = tmp_path / "odd"
    odd.mkdir()
    os.mkfifo(odd / ".lock")
    with pytest.raises(OSError, match="not a regular file"):
        sg.Trainer(recipe, digits[0]).fit(out=odd, progress=False)


IN_GERMAN = """
import locale, sys
import spikegrad as sg
locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
assert locale.str(1.5) == "1,5"
sys.stdout.write(sg.report(sys.argv[1]).html)
assert locale.str(1.5) == "1,5"
"""


def test_pages_have_the_decimal_points_of_svg(digits, recipe, tmp_path):
    out = tmp_path / "run"
    sg.Trainer(recipe, digits[0]).fit(digits[1], out=out, progress=False)
    try:
        subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8",
                        str(tmp_path / "de_DE.UTF-8")], check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("no localedef, or no German for it")
    page = subprocess.run(
        [sys.executable, "-c", IN_GERMAN, str(out)], check=True,
        stdout=subprocess.PIPE, encoding="utf-8",
        env=dict(os.environ, LOCPATH=str(tmp_path), PYTHONUTF8="1"))
    assert page.stdout == sg.report(out).html


def test_profiles(digits, recipe):
    trainer = sg.Trainer(recipe, digits[0])
    with trainer.profile() as cost:
        trainer.step(3)
    assert cost["layers"]["forward"]["nanoseconds"][0] > 0
    assert trainer.memory > 0 and trainer.threads >= 1
    assert trainer.network.training_memory(1) > 0


def test_the_network_follows(digits, recipe):
    trainer = sg.Trainer(recipe, digits[0])
    weight = trainer.network.layers[0].weight_master
    before = weight.copy()
    trainer.step()
    assert not np.array_equal(before, weight)
    simulation = trainer.network.simulate(digits[1][0][0])
    trainer.step()
    with pytest.raises(RuntimeError, match="has changed"):
        simulation.present(digits[1][0][0])


def test_several_at_a_time(digits, recipe):
    """Threads train and evaluate networks of their own, and share one."""
    train, test = digits
    whole = sg.Trainer(recipe, train)
    whole.fit(progress=False)
    wanted, net = whole.to_bytes(), whole.network.copy()
    labels = net.predict(test)
    failures = []

    def work():
        trainer = sg.Trainer(recipe, train, threads=1)
        trainer.fit(progress=False)
        if trainer.to_bytes() != wanted:
            failures.append("training")
        for i in range(50):
            if net.classify(test[i][0]) != labels[i]:
                failures.append("classify")
        if not np.array_equal(net.predict(test, threads=1), labels):
            failures.append("predict")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_gil_is_released_and_one_object_is_for_one(digits):
    train = digits[0].select(np.arange(1500) % 320)
    trainer = sg.Trainer(sg.Recipe("32C5-P2-64C5-P2-300-10", batch=1500,
                                   adapt=False), train, threads=1)
    thread = threading.Thread(target=trainer.step)
    counted, busy = 0, 0
    thread.start()
    while thread.is_alive():
        counted += 1
        try:
            trainer.metrics
        except sg.BusyError as error:
            assert "trainer is at work" in str(error)
            busy += 1
        time.sleep(0.0005)
    thread.join()
    assert counted > 3 and busy > 0
    assert trainer.metrics.samples == 1500


INTERRUPTED = """
import os, signal, sys, threading, time
import numpy as np
import spikegrad as sg
train = sg.load("glyphs:train=2000,test=10")[0]
trainer = sg.Trainer(sg.Recipe("8C5-P2-32-10", epochs=100000, batch=64), train)
threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
begin = time.monotonic()
try:
    trainer.fit(progress=False, out=sys.argv[1])
except KeyboardInterrupt:
    late = time.monotonic() - begin - 0.5
    print("late" if late > 5 else "soon")
step = trainer.step_count
other = sg.Trainer.resume(sys.argv[1], train)
trainer.step()
other.step()
print(step > 0, other.to_bytes() == trainer.to_bytes())
"""


def test_interrupts_are_heard_and_safe(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    out = subprocess.run([sys.executable, "-c", INTERRUPTED,
                          str(tmp_path / "run")], stdout=subprocess.PIPE,
                         text=True, check=True, env=dict(os.environ))
    assert out.stdout.split() == ["soon", "True", "True"]
    assert signal.getsignal(signal.SIGINT) is before


def test_progress(digits, recipe, capsys):
    sg.Trainer(recipe.replace(epochs=1), digits[0]).fit(digits[1],
                                                        progress=True)
    assert "epoch 1 of 1: train" in capsys.readouterr().err
    sg.Trainer(recipe.replace(epochs=1), digits[0]).fit()
    assert capsys.readouterr().err == ""
