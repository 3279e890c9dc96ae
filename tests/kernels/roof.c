/* Roofs: what they compute differs from table to table, and is used by
 * nobody; the work they count is what is checked. */
#include "rows.h"

void check_roof(void **state)
{
    FOR_TABLES
    {
        int32_t sink = 3;
        uint64_t once = table->roof(1, &sink);
        assert_true(once > 0);
        assert_int_equal(table->roof(1000, &sink), 1000 * once);
        assert_int_equal(table->roof(0, &sink), 0);
    }
    assert_non_null(reference);
}
