"""Devices: the same bits wherever it is computed. SPIKEGRAD_FAKE_CUDA is the
folder of a driver over kernels in plain C, which a process has to be started
with."""

import os
import subprocess
import sys
import textwrap

import pytest

import spikegrad as sg

FAKE = os.environ.get("SPIKEGRAD_FAKE_CUDA", "")


def test_names(digits, recipe, trained):
    train, test = digits
    for found in sg.devices():
        assert found.device.split(":")[0] in ("cuda", "opencl") and found.name
    with pytest.raises(sg.ArgumentError, match="expected cpu, cuda"):
        sg.Trainer(recipe, train, device="gpu")
    with pytest.raises(ValueError, match="expected cpu, cuda"):
        trained.network.evaluate(test, device="cuda:x")
    with pytest.raises(ValueError, match="expected cpu, cuda"):
        trained.network.verify(test, 1, device="card")
    if not any(d.device.startswith("cuda") for d in sg.devices()):
        with pytest.raises(FileNotFoundError, match="device cuda"):
            sg.Trainer(recipe, train, device="cuda")
    here = sg.Trainer(recipe, train, device="cpu")
    here.fit(progress=False)
    assert here.to_bytes() == trained.to_bytes()


def test_threads_of_verify_change_nothing(digits, net):
    one = net.verify(digits[1], 8, threads=1)
    assert net.verify(digits[1], 8, threads=3) == one
    assert one.samples == 8


def with_driver(program, **environment):
    """Runs a program, with a run on the processor before it."""
    text = textwrap.dedent("""
        import threading
        import spikegrad as sg
        train, test = sg.load("glyphs:train=320,test=60")
        recipe = sg.Recipe("4C5-P2-12-10", epochs=2, batch=32)
        here = sg.Trainer(recipe, train)
    """) + textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, "-c", text], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LD_LIBRARY_PATH": FAKE, **environment})
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(not FAKE, reason="SPIKEGRAD_FAKE_CUDA is not set")
def test_a_card_computes_the_same():
    with_driver("""
        here.fit(test, progress=False)
        there = sg.Trainer(recipe, train, device="cuda")
        there.step(3)
        assert there.step_count == 3 and not there.done
        thread = threading.Thread(target=there.step, args=(2,))
        thread.start()
        thread.join()
        other = sg.Trainer.resume(there.to_bytes(), train, device="auto")
        there.fit(test, progress=False, verify=2)
        other.fit(test, progress=False)
        assert there.to_bytes() == here.to_bytes() == other.to_bytes()
        assert there.history[-1].test == here.history[-1].test

        net = there.network
        near = net.evaluate(test, flip=True)
        far = net.evaluate(test, flip=True, device="cuda:0")
        assert near._tuple() == far._tuple()
        assert (near.confusion == far.confusion).all()
        assert net.verify(test, 3, device="cuda").equal
        ways = [("cpu", sg.Trainer.from_network(net, train, epoch=1)),
                ("cuda", sg.Trainer.from_network(net, train, epoch=1,
                                                 device="cuda"))]
        assert len({w.fit(progress=False) and w.to_bytes()
                    for _, w in ways}) == 1
        ways = [sg.Trainer.adapt(net, test, epochs=1, device=device)
                for device in (None, "cuda")]
        assert len({w.fit(progress=False) and w.to_bytes()
                    for w in ways}) == 1
    """)


@pytest.mark.skipif(not FAKE, reason="SPIKEGRAD_FAKE_CUDA is not set")
def test_a_card_is_lost():
    with_driver("""
        there = sg.Trainer(recipe, train, device="cuda")
        there.step(2)
        saved = there.to_bytes()
        from spikegrad import _core
        handle = there.network._handle
        classifier = _core.classifier_new(handle)
        image = test[0][0]
        assert 0 <= _core.classifier_run(classifier, image, None) < 10
        for attempt in range(2):
            try:
                there.fit(progress=False)
            except sg.DeviceError as error:
                assert isinstance(error, RuntimeError)
                assert "CUDA_ERROR_LAUNCH_FAILED" in str(error), error
            else:
                raise SystemExit("it was not lost")
        try:
            there.network
        except sg.DeviceError as error:
            assert "weights of the" in str(error), error
        else:
            raise SystemExit("it has weights")
        # the image's size is asked for, and no weights: there are none
        for pixels, expected in ((image, "the network has changed since"),
                                 (image[:1].copy(), "elements, expected 784")):
            try:
                _core.classifier_run(classifier, pixels, None)
            except (RuntimeError, ValueError) as error:
                assert expected in str(error), error
            else:
                raise SystemExit("it has classified")
        again = sg.Trainer.resume(saved, train)
        again.fit(progress=False)
        here.fit(progress=False)
        assert again.to_bytes() == here.to_bytes()
    """, FAKE_CUDA_LOST="300")
