/* sg_verify must find a difference: one integer of the simulation is changed
 * on its way to the comparison. Linked with --wrap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spikegrad/spikegrad.h"

enum { NOTHING, COUNT, POTENTIAL, ERROR, GRADIENT };
static int broken = NOTHING;

const uint8_t *__real_sg_simulation_counts(const sg_simulation *s, size_t l);
const int32_t *__real_sg_simulation_potentials(const sg_simulation *s,
                                               size_t l);
const int8_t *__real_sg_simulation_errors(const sg_simulation *s, size_t l);
int32_t *__real_sg__simulation_gradient(sg_simulation *s, size_t l);
const uint8_t *__wrap_sg_simulation_counts(const sg_simulation *s, size_t l);
const int32_t *__wrap_sg_simulation_potentials(const sg_simulation *s,
                                               size_t l);
const int8_t *__wrap_sg_simulation_errors(const sg_simulation *s, size_t l);
int32_t *__wrap_sg__simulation_gradient(sg_simulation *s, size_t l);

/* The arrays belong to the simulation, which lives on the heap. */
const uint8_t *__wrap_sg_simulation_counts(const sg_simulation *s, size_t l)
{
    uint8_t *x = (uint8_t *)(uintptr_t)__real_sg_simulation_counts(s, l);
    if (broken == COUNT && l == 1)
        x[3] ^= 1;
    return x;
}

const int32_t *__wrap_sg_simulation_potentials(const sg_simulation *s,
                                               size_t l)
{
    int32_t *x = (int32_t *)(uintptr_t)__real_sg_simulation_potentials(s, l);
    if (broken == POTENTIAL && l == 3)
        x[3] ^= 1;
    return x;
}

const int8_t *__wrap_sg_simulation_errors(const sg_simulation *s, size_t l)
{
    int8_t *x = (int8_t *)(uintptr_t)__real_sg_simulation_errors(s, l);
    if (broken == ERROR && l == 3)
        x[3] ^= 1;
    return x;
}

int32_t *__wrap_sg__simulation_gradient(sg_simulation *s, size_t l)
{
    int32_t *x = __real_sg__simulation_gradient(s, l);
    if (broken == GRADIENT && l == 3)
        x[3] ^= 1;
    return x;
}

static void every_kind_of_difference_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {NULL, "spike count", "membrane value",
                                        "error count", "gradient"};
    sg_recipe recipe;
    sg_data *data;
    sg_network *net;
    sg_verification v;
    sg_error error;
    sg_recipe_init(&recipe);
    strcpy(recipe.net, "3C5-P2-10");
    assert_int_equal(sg_data_open("glyphs:train=20,test=1", SG_SPLIT_TRAIN,
                                  &data, NULL),
                     SG_OK);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    for (broken = NOTHING; broken <= GRADIENT; broken++) {
        sg_status status =
            sg_verify(net, data, 2, SG_ORDER_FIFO, 1, NULL, NULL, &v, &error);
        assert_int_equal(status, broken ? SG_E_MISMATCH : SG_OK);
        if (!broken) {
            assert_null(v.quantity);
            continue;
        }
        assert_string_equal(v.quantity, names[broken]);
        assert_int_equal(v.layer, broken == COUNT ? 0 : 2);
        assert_int_equal(v.index, 3);
    }
    sg_network_destroy(net);
    sg_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_difference_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
