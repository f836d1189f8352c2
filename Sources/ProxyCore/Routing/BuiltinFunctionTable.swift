/// The functions of PostgreSQL 15's `pg_catalog` that a standby may be asked for: every overload is immutable or
/// stable, and the answer depends neither on the node nor on the server session.
///
/// Names of one length stand in one string, in the order of their bytes with `_` after the letters, one blank
/// between two, so that a name is found by bisection at fixed strides. The query, on a fresh PostgreSQL 15; what
/// it leaves out beyond volatility are functions that SQL cannot call, that look at one node's state or at the
/// session's transaction, or that run SQL given to them. `mxid_age` is left out by hand:
///
///     SELECT proname
///     FROM pg_proc
///     WHERE pronamespace = 'pg_catalog'::regnamespace
///     GROUP BY proname
///     HAVING bool_and(provolatile IN ('i', 's'))
///        AND bool_and(NOT proargtypes::oid[] && ARRAY['internal', 'cstring']::regtype[]::oid[])
///        AND bool_and(prorettype NOT IN ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype,
///            'event_trigger'::regtype))
///        AND bool_and(proname !~ '^(pg_|txid_)' OR (proparallel = 's' AND proname !~
///            '^(pg_(stat|get_(replication_slots|publication)|current|snapshot|postmaster|conf|is_other|show'
///            '|relation_file|tablespace|replication|sequence|timezone|available|extension|dependencies|ndistinct'
///            '|mcv|node_tree|filenode|event|visible|xact|ls_|read_|wal_|walfile|last)|txid_)'))
///        AND bool_and(proname !~ '^(table|schema|database|query|cursor)_to_xml')
///        AND bool_and(proname !~ '(recv|send)$')
///        AND bool_and(proname !~ '^fmgr_')
///     ORDER BY length(proname), proname COLLATE "C";
enum BuiltinFunctionTable {
    /// The longest name in the table, in bytes.
    static let longestName = 35

    // swift-format-ignore
    static func names(ofLength length: Int) -> StaticString {
        switch length {
        case 2:
            """
            ln pi
            """
        case 3:
            """
            abs age avg bit box chr cos cot div exp gcd lag lcm log max md5 min mod now oid pow sin sum tan xid \
            xml
            """
        case 4:
            """
            acos area asin atan bool cbrt ceil char cidr corr cosd cosh cotd date dexp dpow host int2 int4 int8 \
            lead left like line lpad lseg mode name path rank rpad sign sind sinh sqrt tand tanh text time
            """
        case 5:
            """
            acosd acosh ascii asind asinh atan2 atand atanh biteq bitge bitgt bitle bitlt bitne bitor btrim cideq \
            count dcbrt dlog1 dsqrt every floor log10 lower ltrim money ntile oideq oidge oidgt oidle oidlt oidne \
            on_pb on_pl on_ps on_sb on_sl point popen power right round rtrim scale slope strip tideq tidge tidgt \
            tidle tidlt tidne trunc upper width xideq xpath
            """
        case 6:
            """
            abbrev atan2d bitand bitcat bitcmp bitnot bitxor bit_or booleq boolge boolgt boolle boollt boolne \
            box_eq box_ge box_gt box_le box_lt bpchar center chareq charge chargt charle charlt charne circle \
            concat decode dlog10 dround dtrunc encode family float4 float8 format height inetmi inetor inetpl \
            int2eq int2ge int2gt int2le int2lt int2mi int2ne int2or int2pl int2um int2up int4eq int4ge int4gt \
            int4le int4lt int4mi int4ne int4or int4pl int4um int4up int8eq int8ge int8gt int8le int8lt int8mi \
            int8ne int8or int8pl int8um int8up isopen isperp length nameeq namege namegt namele namelt namene \
            pclose pg_lsn radius repeat sha224 sha256 sha384 sha512 stddev strpos substr texteq textne timetz \
            to_hex unistr unnest varbit xid8eq xid8ge xid8gt xid8le xid8lt xid8ne xidneq xmlagg
            """
        case 7:
            """
            bit_and bit_xor bool_or box_add box_div box_mul box_sub byteaeq byteage byteagt byteale bytealt \
            byteane cash_eq cash_ge cash_gt cash_le cash_lt cash_mi cash_ne cash_pl ceiling convert date_eq \
            date_ge date_gt date_le date_lt date_mi date_ne degrees dist_bp dist_bs dist_lp dist_ls dist_pb \
            dist_pc dist_pl dist_ps dist_sb dist_sl dist_sp enum_eq enum_ge enum_gt enum_le enum_lt enum_ne \
            extract get_bit hashoid hashtid inetand inetnot initcap int24eq int24ge int24gt int24le int24lt \
            int24mi int24ne int24pl int28eq int28ge int28gt int28le int28lt int28mi int28ne int28pl int2abs \
            int2and int2div int2mod int2mul int2not int2shl int2shr int2xor int42eq int42ge int42gt int42le \
            int42lt int42mi int42ne int42pl int48eq int48ge int48gt int48le int48lt int48mi int48ne int48pl \
            int4abs int4and int4div int4inc int4mod int4mul int4not int4shl int4shr int4xor int82eq int82ge \
            int82gt int82le int82lt int82mi int82ne int82pl int84eq int84ge int84gt int84le int84lt int84mi \
            int84ne int84pl int8abs int8and int8dec int8div int8inc int8mod int8mul int8not int8shl int8shr \
            int8xor isempty line_eq lseg_eq lseg_ge lseg_gt lseg_le lseg_lt lseg_ne macaddr masklen netmask \
            network notlike npoints numeric numnode overlay polygon radians regr_r2 replace reverse set_bit \
            textcat textlen text_ge text_gt text_le text_lt time_eq time_ge time_gt time_le time_lt time_ne \
            to_char to_date to_json tsrange ts_rank uuid_eq uuid_ge uuid_gt uuid_le uuid_lt uuid_ne varchar \
            var_pop version xid8cmp
            """
        case 8:
            """
            array_eq array_ge array_gt array_le array_lt array_ne bool_and box_left box_same bpchareq bpcharge \
            bpchargt bpcharle bpcharlt bpcharne btoidcmp bttidcmp byteacat byteacmp cash_cmp close_ls close_pb \
            close_pl close_ps close_sb date_bin date_cmp date_mii date_pli diagonal diameter enum_cmp float4eq \
            float4ge float4gt float4le float4lt float4mi float4ne float4pl float4um float4up float8eq float8ge \
            float8gt float8le float8lt float8mi float8ne float8pl float8um float8up get_byte hashchar hashenum \
            hashinet hashint2 hashint4 hashint8 hashname hashtext hostmask int24div int24mul int28div int28mul \
            int2_sum int42div int42mul int48div int48mul int4_sum int82div int82mul int84div int84mul int8_avg \
            int8_sum interval inter_lb inter_sb inter_sl in_range isclosed isfinite jsonb_eq jsonb_ge jsonb_gt \
            jsonb_le jsonb_lt jsonb_ne json_agg macaddr8 namelike numrange on_ppath overlaps path_add point_eq \
            point_ne position range_eq range_ge range_gt range_le range_lt range_ne regclass regr_sxx regr_sxy \
            regr_syy set_byte textlike timezone time_cmp to_ascii to_jsonb ts_debug ts_parse uuid_cmp varbiteq \
            varbitge varbitgt varbitle varbitlt varbitne variance var_samp
            """
        case 9:
            """
            aclinsert aclitemeq aclremove array_agg array_cat bit_count bound_box box_above box_below box_right \
            bpcharcmp broadcast btboolcmp btcharcmp btint2cmp btint4cmp btint8cmp btnamecmp bttextcmp bytealike \
            circle_eq circle_ge circle_gt circle_le circle_lt circle_ne concat_ws covar_pop cume_dist daterange \
            date_part enum_last factorial float48eq float48ge float48gt float48le float48lt float48mi float48ne \
            float48pl float4abs float4div float4mul float84eq float84ge float84gt float84le float84lt float84mi \
            float84ne float84pl float8abs float8div float8mul int4range int8range jsonb_agg jsonb_cmp jsonb_set \
            json_each line_perp lower_inc lower_inf lseg_perp make_date make_time min_scale namenlike normalize \
            nth_value num_nulls oidlarger path_n_eq path_n_ge path_n_gt path_n_le path_n_lt pg_lsn_eq pg_lsn_ge \
            pg_lsn_gt pg_lsn_le pg_lsn_lt pg_lsn_mi pg_lsn_ne pg_typeof point_add point_div point_mul point_sub \
            poly_left poly_same querytree range_agg range_cmp record_eq record_ge record_gt record_le record_lt \
            record_ne regr_avgx regr_avgy setweight substring textnlike tidlarger timestamp timetz_eq timetz_ge \
            timetz_gt timetz_le timetz_lt timetz_ne time_hash to_number translate tstzrange ts_delete ts_filter \
            ts_lexize upper_inc upper_inf uuid_hash varbitcmp xideqint4 xmlexists
            """
        case 10:
            """
            acldefault aclexplode anytextcat array_dims array_fill bit_length box_center bpcharlike btarraycmp \
            btint24cmp btint28cmp btint42cmp btint48cmp btint82cmp btint84cmp byteanlike cashlarger cash_words \
            close_lseg convert_to covar_samp date_trunc dense_rank dist_cpoly dist_pathp dist_polyc dist_polyp \
            dist_ppath dist_ppoly enum_first enum_range float48div float48mul float84div float84mul float8_avg \
            hashbpchar hashfloat4 hashfloat8 hash_array hash_range inet_merge int2larger int4larger int8larger \
            isparallel isvertical jsonb_each jsonb_hash last_value macaddr_eq macaddr_ge macaddr_gt macaddr_le \
            macaddr_lt macaddr_ne macaddr_or multirange nameeqtext namegetext namegttext nameiclike nameletext \
            namelttext namenetext network_eq network_ge network_gt network_le network_lt network_ne numeric_eq \
            numeric_ge numeric_gt numeric_le numeric_ln numeric_lt numeric_ne oidsmaller path_inter pg_lsn_cmp \
            pg_lsn_mii pg_lsn_pli point_left point_vert poly_above poly_below poly_right regr_count regr_slope \
            row_number split_part stddev_pop string_agg textanycat texteqname textgename textgtname texticlike \
            textlename textltname textnename tidsmaller timetz_cmp to_regoper to_regproc to_regrole to_regtype \
            to_tsquery trim_array trim_scale tsquery_eq tsquery_ge tsquery_gt tsquery_le tsquery_lt tsquery_ne \
            tsquery_or ts_rank_cd xidneqint4 xmlcomment xmlconcat2
            """
        case 11:
            """
            aclcontains array_lower array_ndims array_upper bittypmodin box_contain box_overlap bpcharnlike \
            btfloat4cmp btfloat8cmp btrecordcmp cardinality cashsmaller char_length circle_left circle_same \
            datetime_pl date_larger dist_cpoint enum_larger first_value float8_corr format_type hashmacaddr \
            hash_record inetmi_int8 int2smaller int4smaller int8dec_any int8inc_any int8pl_inet int8smaller \
            interval_eq interval_ge interval_gt interval_le interval_lt interval_mi interval_ne interval_pl \
            interval_um json_object json_typeof like_escape lseg_center lseg_length macaddr8_eq macaddr8_ge \
            macaddr8_gt macaddr8_le macaddr8_lt macaddr8_ne macaddr8_or macaddr_and macaddr_cmp macaddr_not \
            makeaclitem nameicnlike nameregexeq nameregexne network_cmp network_sub network_sup numeric_abs \
            numeric_add numeric_cmp numeric_div numeric_exp numeric_inc numeric_log numeric_mod numeric_mul \
            numeric_sub oidvectoreq oidvectorge oidvectorgt oidvectorle oidvectorlt oidvectorne parse_ident \
            path_add_pt path_div_pt path_length path_mul_pt path_sub_pt pg_get_expr pg_has_role pg_lsn_hash \
            point_above point_below point_horiz point_right poly_center quote_ident range_after range_merge \
            range_minus range_union regexp_like row_to_json set_masklen starts_with stddev_samp texticnlike \
            textregexeq textregexne text_larger timedate_pl timestamptz timetz_hash time_larger to_regclass \
            to_tsvector tsquery_and tsquery_cmp tsquery_not tsvector_eq tsvector_ge tsvector_gt tsvector_le \
            tsvector_lt tsvector_ne ts_headline ts_match_qv ts_match_tq ts_match_tt ts_match_vq xid8_larger \
            xmlvalidate
            """
        case 12:
            """
            arrayoverlap array_append array_larger array_length array_remove bitshiftleft box_above_eq \
            box_below_eq box_distance box_overleft bpchariclike btequalimage btfloat48cmp btfloat84cmp \
            circle_above circle_below circle_right convert_from current_user date_smaller enum_smaller \
            float4larger float4_accum float8larger float8_accum hashmacaddr8 hash_aclitem hash_numeric \
            int2int4_sum interval_avg interval_cmp interval_div interval_mul ishorizontal jsonb_concat \
            jsonb_delete jsonb_exists jsonb_insert jsonb_object jsonb_pretty jsonb_typeof justify_days \
            line_interpt lseg_interpt macaddr8_and macaddr8_cmp macaddr8_not numeric_sqrt num_nonnulls \
            octet_length path_npoints percent_rank poly_contain poly_npoints poly_overlap range_before \
            regexp_count regexp_instr regexp_match session_user text_smaller timestamp_eq timestamp_ge \
            timestamp_gt timestamp_le timestamp_lt timestamp_mi timestamp_ne timetypmodin time_mi_time \
            time_smaller to_timestamp tsmultirange tsvector_cmp width_bucket xid8_smaller xpath_exists
            """
        case 13:
            """
            arraycontains array_prepend array_replace array_smaller array_to_json bitshiftright box_contained \
            box_intersect box_overabove box_overbelow box_overright bpcharicnlike bpcharregexeq bpcharregexne \
            bpchar_larger btnametextcmp bttextnamecmp cash_div_cash cash_div_flt4 cash_div_flt8 cash_div_int2 \
            cash_div_int4 cash_div_int8 cash_mul_flt4 cash_mul_flt8 cash_mul_int2 cash_mul_int4 cash_mul_int8 \
            circle_add_pt circle_center circle_div_pt circle_mul_pt circle_sub_pt datetimetz_pl float4smaller \
            float8smaller flt4_mul_cash flt8_mul_cash getpgusername hashoidvector int2_mul_cash int4_mul_cash \
            int8_mul_cash interval_hash is_normalized jsonb_set_lax justify_hours line_distance line_parallel \
            line_vertical lseg_distance lseg_parallel lseg_vertical make_interval multirange_eq multirange_ge \
            multirange_gt multirange_le multirange_lt multirange_ne nameconcatoid nameicregexeq nameicregexne \
            network_subeq network_supeq numeric_power numeric_uplus nummultirange path_distance pg_lsn_larger \
            pg_size_bytes poly_distance poly_overleft quote_literal regexp_substr texticregexeq texticregexne \
            timestamp_cmp timetzdate_pl timetz_larger tsq_mcontains ts_token_type
            """
        case 14:
            """
            arraycontained array_position box_contain_pt bpchartypmodin bpchar_smaller btoidvectorcmp \
            circle_contain circle_overlap current_schema datemultirange float8_combine float8_regr_r2 \
            float8_var_pop int2_avg_accum int4multirange int4_avg_accum int8multirange interval_accum \
            jsonb_contains json_each_text json_to_record line_intersect lseg_intersect make_timestamp \
            multirange_cmp mul_d_interval network_larger numeric_larger numeric_uminus oidvectortypes \
            pg_column_size pg_get_ruledef pg_lsn_smaller pg_size_pretty point_distance poly_contained \
            poly_overabove poly_overbelow poly_overright quote_nullable range_adjacent range_contains \
            range_overlaps range_overleft regexp_matches regexp_replace regr_intercept similar_escape \
            timestamptz_eq timestamptz_ge timestamptz_gt timestamptz_le timestamptz_lt timestamptz_mi \
            timestamptz_ne timestamp_hash timetztypmodin timetz_smaller to_regoperator tsquery_phrase \
            tsq_mcontained tstzmultirange varbittypmodin
            """
        case 15:
            """
            array_positions array_to_string bpcharicregexeq bpcharicregexne circle_distance circle_overleft \
            col_description current_schemas current_setting float8_regr_sxx float8_regr_sxy float8_regr_syy \
            float8_var_samp generate_series hashoidextended hashtidextended hash_multirange integer_pl_date \
            interval_larger jsonb_contained jsonb_each_text jsonb_to_record json_object_agg line_horizontal \
            lseg_horizontal network_overlap network_smaller numerictypmodin numeric_smaller obj_description \
            path_contain_pt percentile_cont percentile_disc pg_get_indexdef pg_get_keywords pg_get_userbyid \
            plainto_tsquery poly_contain_pt range_intersect range_overright record_image_eq record_image_ge \
            record_image_gt record_image_le record_image_lt record_image_ne string_to_array string_to_table \
            text_pattern_ge text_pattern_gt text_pattern_le text_pattern_lt timestamptz_cmp to_regcollation \
            to_regnamespace to_regprocedure tsrange_subdiff tsvector_concat varchartypmodin
            """
        case 16:
            """
            boolor_statefunc btrecordimagecmp character_length circle_contained circle_overabove circle_overbelow \
            circle_overright current_database date_mi_interval date_pl_interval float8_covar_pop float8_regr_avgx \
            float8_regr_avgy gin_cmp_tslexeme hashcharextended hashenumextended hashinetextended hashint2extended \
            hashint4extended hashint8extended hashnameextended hashtextextended inet_client_addr inet_client_port \
            inet_same_family inet_server_addr inet_server_port int4_avg_combine intervaltypmodin interval_combine \
            interval_pl_date interval_pl_time interval_smaller jsonb_exists_all jsonb_exists_any jsonb_object_agg \
            jsonb_path_match jsonb_path_query json_build_array json_object_keys json_strip_nulls json_to_tsvector \
            justify_interval macaddr8_set7bit make_timestamptz multirange_minus multirange_union numrange_subdiff \
            pg_collation_for phraseto_tsquery timestamp_larger time_mi_interval time_pl_interval
            """
        case 17:
            """
            array_to_tsvector booland_statefunc bpchar_pattern_ge bpchar_pattern_gt bpchar_pattern_le \
            bpchar_pattern_lt circle_contain_pt daterange_subdiff date_eq_timestamp date_ge_timestamp \
            date_gt_timestamp date_le_timestamp date_lt_timestamp date_ne_timestamp float8_covar_samp \
            float8_regr_accum float8_regr_slope float8_stddev_pop gin_compare_jsonb int4range_subdiff \
            int8range_subdiff jsonb_build_array jsonb_delete_path jsonb_object_keys jsonb_path_exists \
            jsonb_strip_nulls jsonb_to_tsvector json_array_length json_build_object json_extract_path \
            json_object_field json_to_recordset numeric_div_trunc numeric_pl_pg_lsn pg_get_partkeydef \
            pg_get_triggerdef pg_partition_root pt_contained_poly shobj_description similar_to_escape \
            timestamptypmodin timestamp_eq_date timestamp_ge_date timestamp_gt_date timestamp_le_date \
            timestamp_lt_date timestamp_ne_date timestamp_smaller tstzrange_subdiff tsvector_to_array
            """
        case 18:
            """
            bttext_pattern_cmp btvarstrequalimage date_cmp_timestamp float8_stddev_samp hashbpcharextended \
            hashfloat4extended hashfloat8extended has_type_privilege int2_avg_accum_inv int4_avg_accum_inv \
            interval_accum_inv interval_pl_timetz jsonb_array_length jsonb_build_object jsonb_extract_path \
            jsonb_object_field jsonb_to_recordset json_array_element pg_client_encoding pg_describe_object \
            pg_get_functiondef pg_identify_object pg_type_is_visible range_contained_by timestamptz_larger \
            timestamp_cmp_date timetz_mi_interval timetz_pl_interval time_hash_extended uuid_hash_extended \
            xml_is_well_formed
            """
        case 19:
            """
            daterange_canonical date_eq_timestamptz date_ge_timestamptz date_gt_timestamptz date_le_timestamptz \
            date_lt_timestamptz date_ne_timestamptz float8_regr_combine generate_subscripts getdatabaseencoding \
            hashmacaddrextended hash_array_extended hash_range_extended has_table_privilege int4range_canonical \
            int8range_canonical jsonb_array_element jsonb_hash_extended jsonb_path_match_tz jsonb_path_query_tz \
            json_array_elements pg_char_to_encoding pg_encoding_to_char pg_options_to_table pg_table_is_visible \
            pt_contained_circle range_contains_elem range_intersect_agg row_security_active statement_timestamp \
            timestamptztypmodin timestamptz_eq_date timestamptz_ge_date timestamptz_gt_date timestamptz_le_date \
            timestamptz_lt_date timestamptz_ne_date timestamptz_smaller
            """
        case 20:
            """
            btbpchar_pattern_cmp date_cmp_timestamptz hashmacaddr8extended hash_record_extended \
            has_column_privilege has_schema_privilege has_server_privilege jsonb_array_elements \
            jsonb_path_exists_tz jsonb_path_match_opr json_populate_record multirange_intersect \
            pg_get_constraintdef pg_lsn_hash_extended timestamptz_cmp_date timetz_hash_extended \
            websearch_to_tsquery
            """
        case 21:
            """
            float8_regr_intercept get_current_ts_config hashoidvectorextended hash_aclitem_extended \
            hash_numeric_extended int8inc_float8_float8 interval_pl_timestamp jsonb_path_exists_opr \
            jsonb_populate_record pg_column_compression pg_get_object_address pg_index_has_property \
            pg_opclass_is_visible pg_settings_get_flags pg_ts_dict_is_visible regexp_split_to_array \
            regexp_split_to_table timestamp_mi_interval timestamp_pl_interval transaction_timestamp
            """
        case 22:
            """
            has_database_privilege has_function_privilege has_language_privilege has_sequence_privilege \
            interval_hash_extended jsonb_path_query_array jsonb_path_query_first json_extract_path_text \
            json_object_field_text multirange_after_range pg_column_is_updatable pg_encoding_max_length \
            pg_function_is_visible pg_get_function_result pg_get_serial_sequence pg_operator_is_visible \
            pg_opfamily_is_visible range_after_multirange spg_poly_quad_compress
            """
        case 23:
            """
            elem_contained_by_range has_parameter_privilege interval_pl_timestamptz jsonb_extract_path_text \
            jsonb_object_field_text json_array_element_text json_populate_recordset multirange_before_range \
            pg_collation_is_visible pg_get_function_sqlbody pg_get_statisticsobjdef pg_indexam_has_property \
            pg_ts_config_is_visible pg_ts_parser_is_visible range_before_multirange timestamptz_mi_interval \
            timestamptz_pl_interval timestamp_hash_extended
            """
        case 24:
            """
            hash_multirange_extended has_any_column_privilege has_tablespace_privilege jsonb_array_element_text \
            jsonb_populate_recordset json_array_elements_text multirange_contains_elem pg_conversion_is_visible \
            pg_relation_is_updatable postgresql_fdw_validator satisfies_hash_partition timestamptz_eq_timestamp \
            timestamptz_ge_timestamp timestamptz_gt_timestamp timestamptz_le_timestamp timestamptz_lt_timestamp \
            timestamptz_ne_timestamp timestamp_eq_timestamptz timestamp_ge_timestamptz timestamp_gt_timestamptz \
            timestamp_le_timestamptz timestamp_lt_timestamptz timestamp_ne_timestamptz
            """
        case 25:
            """
            jsonb_array_elements_text jsonb_path_query_array_tz jsonb_path_query_first_tz \
            multirange_adjacent_range multirange_contains_range multirange_overlaps_range \
            multirange_overleft_range pg_get_function_arguments pg_ts_template_is_visible \
            range_adjacent_multirange range_contains_multirange range_overlaps_multirange \
            range_overleft_multirange timestamptz_cmp_timestamp timestamp_cmp_timestamptz
            """
        case 26:
            """
            multirange_overright_range pg_relation_is_publishable range_overright_multirange \
            xml_is_well_formed_content
            """
        case 27:
            """
            multirange_after_multirange pg_get_catalog_foreign_keys pg_get_function_arg_default \
            range_intersect_agg_transfn xml_is_well_formed_document
            """
        case 28:
            """
            elem_contained_by_multirange multirange_before_multirange pg_index_column_has_property
            """
        case 29:
            """
            multirange_contained_by_range pg_get_replica_identity_index pg_identify_object_as_address \
            pg_indexam_progress_phasename range_contained_by_multirange
            """
        case 30:
            """
            multirange_adjacent_multirange multirange_contains_multirange multirange_overlaps_multirange \
            multirange_overleft_multirange pg_get_partition_constraintdef
            """
        case 31:
            """
            multirange_overright_multirange pg_get_statisticsobjdef_columns
            """
        case 32:
            """
            multirange_intersect_agg_transfn
            """
        case 34:
            """
            has_foreign_data_wrapper_privilege multirange_contained_by_multirange \
            pg_get_function_identity_arguments
            """
        case 35:
            """
            pg_get_statisticsobjdef_expressions
            """
        default: ""
        }
    }
}
